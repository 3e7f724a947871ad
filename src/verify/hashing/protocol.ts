/** What goes to a hashing thread and what comes back: plain data, and memory that both sides see. */

import type { RunAddress } from '../../store/resolve.ts';
import type { Look, Reading, Trouble } from './hash-file.ts';
import type { FileToAsk } from './hasher.ts';

/** What came of one file. */
export type Result = Look | Reading | Trouble;

/** Work for a thread: to look at some files of a run, or to read them. */
export interface Job {
  /** Positive, and new for every job of a thread. */
  readonly id: number;
  readonly task: 'look' | 'read';
  readonly run: RunAddress;
  readonly files: readonly FileToAsk[];
}

/** What came of a job, in the order of its files. Files behind an abort have none. */
export interface Outcome {
  readonly id: number;
  readonly results: readonly Result[];
}

/** What a thread is started with. */
export interface ThreadData {
  /** `Control` words: what the two sides tell each other while a job runs. */
  readonly control: SharedArrayBuffer;
  /** Bytes that the current job has read, as one 64-bit integer. */
  readonly bytes: SharedArrayBuffer;
  /** The schedule of the inspector's rate. */
  readonly schedule: SharedArrayBuffer;
  /** Bytes a second, or null. */
  readonly rate: number | null;
}

/** Places in the control words. */
export const CONTROL = {
  /** The id of the job that is to end. */
  abort: 0,
  /** Counts system calls: a thread that stands still is stuck in one. */
  beat: 1,
  /** The id of the job that is under way. */
  job: 2,
  /** Which of its files. */
  file: 3,
} as const;
