/** What goes to a hashing thread and what comes back: plain data, and memory that both sides see. */

import type { RunAddress } from '../../store/resolve.ts';
import type { FileToAsk } from './hasher.ts';
import type { Parcel } from './parcel.ts';

/** Work for a thread: to look at some files of a run, or to read them. */
export interface Job {
  /** Positive, and new for every job of a thread. */
  readonly id: number;
  readonly task: 'look' | 'read';
  readonly run: RunAddress;
  readonly files: PackedFiles;
}

/** What came of a job. Files behind an abort have no result. */
export interface Outcome {
  readonly id: number;
  readonly parcel: Parcel;
}

/** Files on the way to a thread. */
export interface PackedFiles {
  /** A path for each, with NUL between them, which no name holds. */
  readonly paths: string;
  readonly sizes: Float64Array;
}

export function packFiles(files: readonly FileToAsk[]): PackedFiles {
  const paths = files.map(({ names }) => names.join('/')).join('\0');
  return { paths, sizes: Float64Array.from(files, ({ size }) => size) };
}

export function unpackFiles({ paths, sizes }: PackedFiles): FileToAsk[] {
  const files = paths.split('\0');
  return Array.from(sizes, (size, index) => ({ names: (files[index] ?? '').split('/'), size }));
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
