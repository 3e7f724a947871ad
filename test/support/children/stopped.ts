/** Inspects a run and says meanwhile, a line each time, that it is at work; the answer is the last line. */

import { setTimeout } from 'node:timers/promises';
import { getBackupRun, type GetBackupRunOptions, type Validator } from '../../../src/index.ts';
import { input, say } from './say.ts';

export interface StoppedInput {
  readonly request: { readonly run_id: string };
  readonly options: GetBackupRunOptions;
  /** Whether the content is read by a validator too, and that is when it says that it is at work. */
  readonly validates: boolean;
}

/** Chunks between two lines, after each of which the validator does something else for a while, in small steps. */
const STRIDE = 512;
const STEPS = 10;
const STEP = 20;

const { request, options, validates } = input() as StoppedInput;

function sayBusy(): void {
  process.stdout.write('busy\n');
}

const reader: Validator = {
  name: 'reader',
  applies: () => true,
  async validate(file) {
    let chunks = 0;
    for await (const _ of file.chunks()) {
      chunks += 1;
      if (chunks % STRIDE !== 1) continue;
      sayBusy();
      for (let step = 0; step < STEPS; step += 1) await setTimeout(STEP);
    }
    return { ok: true };
  },
};

const answer = await getBackupRun(
  request,
  validates
    ? { ...options, validators: [reader] }
    : { ...options, onProgress: ({ bytesDone, bytesTotal }) => void (bytesDone < bytesTotal && sayBusy()) },
);
say(answer);
