/** Runs one job in a thread, and again where the thread crashed; what went wrong is thrown as what it means to the pipeline. */

import type { Cancellation } from '../concurrency/abort.ts';
import { NamedFault, refusalOf, shortageNamed } from '../fs/errno.ts';
import type { ReadFailure } from '../hashing/look-at-file.ts';
import { busy, ioError, Refusal } from '../model/errors.ts';
import { outOfThreads } from './out-of-threads.ts';
import type { Pool, TaskOptions } from './pool.ts';
import type { Job, Jobs, JobType } from './protocol.ts';

/** How jobs reach the disk. */
export interface DiskAccess {
  readonly pool: Pool;
  /** What answers call the root. */
  readonly rootName: string;
  readonly stallTimeoutMs: number;
}

/** How often a job is tried whose thread crashes. */
const JOB_TRIES = 2;

/** A job that stalled, and where. */
export class StalledAt extends Error {
  readonly item: number;
  readonly path: string;

  constructor(item: number, path: string) {
    super(`the storage of ${path} does not answer`);
    this.item = item;
    this.path = path;
  }
}

/** What a job makes, and the thread that did it. Throws `StalledAt`, a `JobFault`, or a `Refusal`. */
export async function runJob<T extends JobType>(
  pool: Pool,
  job: Job<T>,
  options: TaskOptions,
): Promise<{ readonly result: Jobs[T]['result']; readonly thread: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await pool.run(job, options);
    switch (outcome.type) {
      case 'done':
        return outcome;
      case 'failed':
        throw faultOf(outcome.failure);
      case 'stalled':
        throw new StalledAt(outcome.item, outcome.path);
      case 'out-of-threads':
        throw outOfThreads();
      case 'crashed':
        if (attempt === JOB_TRIES) throw new Refusal(busy('the thread that did it crashed, twice'));
    }
  }
}

export function metadataTask(cancellation: Cancellation): TaskOptions {
  return { taskClass: 'metadata', cancellation };
}

/** What to throw for a stall, or for another fault of the disk at a path: the error that names where it was. */
export function errorAt(path: string, fault: unknown): unknown {
  if (fault instanceof StalledAt) return new Refusal(ioError(fault.path, 'ETIMEDOUT'));
  return fault instanceof NamedFault ? refusalOf(fault, path) : fault;
}

/** What to throw for a failure that travelled as data. */
function faultOf(failure: ReadFailure): unknown {
  if (failure.type !== 'failed') return new Error(`a job ended with ${failure.type}`);
  const shortage = shortageNamed(failure.errno);
  if (shortage !== null) return new Refusal(busy(shortage));
  return new NamedFault(failure.message, failure.errno);
}

/** The directory that something is in, by its path in the form of answers. */
export function directoryAbove(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
