/** Inspects a run and says meanwhile, a line each time, that it is at work; the answer is the last line. */

import { getBackupRun, type GetBackupRunOptions, type Validator } from '../../../src/index.ts';
import { input, say } from './say.ts';

export interface StoppedInput {
  readonly request: { readonly run_id: string };
  readonly options: GetBackupRunOptions;
  /** Whether the content is read by a validator too, and that is when it says that it is at work. */
  readonly validates: boolean;
}

/** Chunks between two lines. */
const STRIDE = 64;

const { request, options, validates } = input() as StoppedInput;

function sayBusy(): void {
  process.stdout.write('busy\n');
}

const reader: Validator = {
  name: 'reader',
  applies: () => true,
  async validate(file) {
    let chunks = 0;
    for await (const chunk of file.chunks()) {
      if (chunks % STRIDE === 0) sayBusy();
      chunks += chunk.length === 0 ? 0 : 1;
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
