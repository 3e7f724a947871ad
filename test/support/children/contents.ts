/** Inspects a run with content validators, on whatever Node this is, and prints the answer and the warnings there were. */

import { getBackupRun, type Answer, type GetBackupRunOptions } from '../../../src/index.ts';
import { gzip, json, sqlite, tar, zstd } from '../../../src/validators/index.ts';

export interface ContentsInput {
  readonly root: string;
  readonly runId: string;
  readonly validator: 'gzip' | 'json' | 'sqlite' | 'tar' | 'zstd';
  /** Of the validator. */
  readonly settings: object;
  readonly options: Omit<GetBackupRunOptions, 'root' | 'validators'>;
}

export interface ContentsOutput {
  readonly answer: Answer;
  readonly warnings: readonly string[];
  /** Bytes, at most, beyond what there was before. */
  readonly memory: number;
  /** Milliseconds that the event loop was kept at most. */
  readonly delay: number;
}

const { root, runId, validator, settings, options } = JSON.parse(process.argv.at(-1)!) as ContentsInput;
const warnings: string[] = [];
process.on('warning', ({ message }) => void warnings.push(message));

const before = process.memoryUsage.rss();
let memory = 0;
let delay = 0;
let at = performance.now();
const ticking = setInterval(() => {
  delay = Math.max(delay, performance.now() - at - 5);
  memory = Math.max(memory, process.memoryUsage.rss() - before);
  at = performance.now();
}, 5);

const create = { gzip, json, sqlite, tar, zstd }[validator];
const answer = await getBackupRun({ run_id: runId }, { ...options, root, validators: [create(settings)] });
clearInterval(ticking);
const output: ContentsOutput = { answer, warnings, memory, delay };
console.log(JSON.stringify(output));
