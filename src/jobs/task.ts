/** A job with whoever waits for it. */

import type { Cancellation } from '../concurrency/abort.ts';
import type { ReadFailure } from '../hashing/look-at-file.ts';
import type { Job, Jobs, JobType } from './protocol.ts';

/**
 * What a job competes with. `bulk` reads take as many threads as were asked for; `urgent` ones go first and may use one more, so
 * that hashing for hours cannot starve a small call or one with a time budget; `search` looks for unlisted files; `metadata` is
 * everything else.
 */
export type TaskClass = 'metadata' | 'urgent' | 'search' | 'bulk';

/** What became of a job. */
export type JobOutcome<T extends JobType = JobType> =
  /** `thread` is the one that did it, and holds what it holds. */
  | { readonly type: 'done'; readonly result: Jobs[T]['result']; readonly thread: number }
  | { readonly type: 'failed'; readonly failure: ReadFailure }
  /** The storage did not answer, at this item and path; what the job had done before is lost. */
  | { readonly type: 'stalled'; readonly item: number; readonly path: string }
  | { readonly type: 'crashed' }
  /** Hung storage holds every thread that there may be. */
  | { readonly type: 'out-of-threads' };

/** A job that waits for a thread, or is at one. */
export interface Task {
  readonly job: Job;
  readonly taskClass: TaskClass;
  /** When it was asked for, on the monotonic clock. */
  readonly since: number;
  readonly cancellation: Cancellation;
  /** Takes what became of it; only the first time counts. */
  readonly settle: (outcome: JobOutcome) => void;
  /** Takes the bytes that it has read so far; only of jobs on one file. */
  readonly onBytes: (total: number) => void;
}

/** Whether anybody still waits for it. */
export function isWanted({ cancellation }: Task): boolean {
  return cancellation.cancelled === null;
}
