/** Work for a thread and what comes of it: plain data, and memory that both sides see. */

import type { FileLook, FileRead, ReadFailure } from '../hashing/look-at-file.ts';
import type { RangeRequest } from '../hashing/read-range.ts';
import type { RateLimit } from '../hashing/rate-limit.ts';
import type { EncodedClaims } from '../manifest/claims.ts';
import type { RunHead } from '../manifest/schemas.ts';
import type { LoadOptions } from '../manifest/load-run.ts';
import type { ParticipantEntry } from '../manifest/merge.ts';
import type { Candidate, RowOutcome } from '../manifest/read-row.ts';
import type { RowOptions } from '../manifest/row-record.ts';
import type { JudgedStatus } from '../manifest/status.ts';
import type { Catalog } from '../repository/catalog.ts';
import type { Unlistable } from '../repository/list-participants.ts';
import type { RunAddress } from '../repository/open-run.ts';
import type { FoundUnlisted, SearchRequest } from '../repository/unlisted.ts';
import type { GetBackupRunError } from '../model/errors.ts';

/** Files of one run, packed: an object for each would cost as much as looking at it. */
export interface PackedFiles {
  /** Paths from the run directory, with NUL between them, which no name holds. */
  readonly paths: string;
  /** Bytes that each should have. */
  readonly sizes: Float64Array;
}

/** Everything that is done on the disk: few jobs, each of them large, because a message costs as much as twenty system calls. */
export interface Jobs {
  /** Locates a run, holds it for the jobs that follow, and loads its record. */
  load: { request: { runId: string; options: LoadOptions; mayWait: boolean }; result: LoadResult };
  /** Looks at files without opening them. */
  look: { request: { run: RunAddress; files: PackedFiles }; result: readonly (FileLook | ReadFailure)[] };
  /** Reads and hashes files. */
  read: { request: { run: RunAddress; files: PackedFiles }; result: readonly (FileRead | ReadFailure)[] };
  /** Searches for what is in no manifest. */
  search: { request: { run: RunAddress; search: SearchRequest }; result: FoundUnlisted };
  /** Looks whether a run still stands where it was located, and whether its manifest is of the same revision. */
  confirm: { request: { run: RunAddress; revision: string }; result: ConfirmResult };
  /** Reads some bytes of a file that was hashed; null when it is another one by now. */
  range: { request: { run: RunAddress; range: RangeRequest }; result: Uint8Array | null };
  /** Lists the names of runs. */
  catalog: { request: { stalled: readonly string[] }; result: Catalog };
  /** Reads rows of a listing. */
  rows: {
    request: { candidates: readonly Candidate[]; options: RowOptions };
    result: readonly RowOutcome[];
  };
}

/** What can be done. */
export type JobType = keyof Jobs;

/** A job of one type. */
export type Job<T extends JobType = JobType> = { [K in T]: { readonly type: K } & Jobs[K]['request'] }[T];

/** What came of locating and loading a run. */
export type LoadResult =
  | ({ readonly type: 'loaded' } & LoadedRun)
  /** It did not stay where it was found. */
  | { readonly type: 'moved' }
  | { readonly type: 'refused'; readonly error: GetBackupRunError };

/** A run that was loaded, and is held. */
export interface LoadedRun {
  readonly run: RunAddress;
  readonly head: RunHead;
  readonly status: JudgedStatus;
  /** Without their artifacts, which are claims. */
  readonly entries: readonly ParticipantEntry[];
  /** How many artifacts the record of each entry has. */
  readonly artifactCounts: readonly number[];
  readonly claims: EncodedClaims;
  /** Identity of the run manifest. */
  readonly revision: string;
  readonly unlistable: readonly Unlistable[];
  /** Whether every participant's file could be found and read. */
  readonly isComplete: boolean;
}

/** Where a run stands now. */
export type ConfirmResult =
  | { readonly type: 'stays'; readonly isUnchanged: boolean }
  | { readonly type: 'moved' }
  | { readonly type: 'refused'; readonly error: GetBackupRunError };

/** A message to a thread. */
export type WorkerMessage =
  /** To do a job; `id` is positive, and new for every job of a thread. */
  | { readonly type: 'job'; readonly id: number; readonly job: Job }
  /** To let go of a run that a `load` of this very thread holds: what a thread opened, no other may close. */
  | { readonly type: 'release'; readonly fd: number };

/** What came of it. */
export type JobReply =
  | { readonly id: number; readonly type: 'done'; readonly result: Jobs[JobType]['result'] }
  | { readonly id: number; readonly type: 'failed'; readonly failure: ReadFailure }
  | { readonly id: number; readonly type: 'aborted' };

/** Whether a message from a thread is its reply: what the host has loaded into all threads may post anything. */
export function isJobReply(message: unknown): message is JobReply {
  return hasType(message) && REPLIES.includes(message.type) && 'id' in message;
}

/** Whether a message to a thread is one of ours. */
export function isWorkerMessage(message: unknown): message is WorkerMessage {
  return hasType(message) && (message.type === 'job' || message.type === 'release');
}

const REPLIES: readonly unknown[] = ['done', 'failed', 'aborted'] satisfies JobReply['type'][];

function hasType(message: unknown): message is { readonly type: unknown } {
  return typeof message === 'object' && message !== null && 'type' in message;
}

/** What a thread is started with. */
export interface WorkerData {
  /** Absolute path of the backups directory. */
  readonly root: string;
  readonly rateLimit: RateLimit;
  /** `CONTROL` words: what the two sides let each other know while a job runs. */
  readonly control: SharedArrayBuffer;
  /** Bytes that the current job has read, as one 64-bit integer. */
  readonly bytes: SharedArrayBuffer;
  /** The path that the current job is at, in the form of answers: its length in bytes, then the bytes. */
  readonly path: SharedArrayBuffer;
}

/** Places in the control words. */
export const CONTROL = {
  /** The id of the job that is to end. */
  abort: 0,
  /** Counts up before a system call and after it: odd and standing still is stuck in one. */
  beat: 1,
  /** The id of the job that is under way. */
  job: 2,
  /** Which of its items. */
  item: 3,
} as const;

/** Words, and bytes of the longest path that is published. */
export const CONTROL_WORDS = 4;
export const PATH_BYTES = 16_384;

export function packFiles(files: readonly { readonly path: string; readonly size: number }[]): PackedFiles {
  return {
    paths: files.map(({ path }) => path).join('\0'),
    sizes: Float64Array.from(files, ({ size }) => size),
  };
}

/** Names of every file, with its size. */
export function unpackFiles({ paths, sizes }: PackedFiles): { names: readonly string[]; size: number }[] {
  const each = paths.split('\0');
  return Array.from(sizes, (size, index) => ({ names: (each[index] ?? '').split('/'), size }));
}
