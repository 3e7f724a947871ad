/**
 * Performs jobs on the calling thread, with turns for everything else on it in between: where no threads are wanted, or can be had.
 * Storage that hangs then holds the caller; this is the one exception to "never hangs".
 */

import { createSemaphore } from '../concurrency/semaphore.ts';
import { YIELD_AFTER } from '../concurrency/cooperative.ts';
import type { Cancellation } from '../concurrency/abort.ts';
import type { Io } from '../fs/calls.ts';
import type { Root } from '../fs/root.ts';
import { failureOf } from '../hashing/look-at-file.ts';
import { CHUNK } from '../hashing/hash-file.ts';
import { chunkAt, type RateLimit } from '../hashing/rate-limit.ts';
import { Aborted, perform, releaseHeld, type JobResources } from './perform.ts';
import type { JobOutcome, Task } from './task.ts';
import { nextTurn, now, sleep } from '../concurrency/clock.ts';

/** Performs tasks here. */
export interface InProcess {
  /** What outcomes call this thread. */
  readonly thread: number;
  /** Never settles when nobody waits for the task any more. */
  readonly run: (task: Task) => Promise<JobOutcome>;
  readonly release: (fd: number) => void;
}

/** Reads that go on side by side: each has a buffer and some descriptors. */
const READS_AT_ONCE = 4;

/** Milliseconds of one piece of a wait, which so does not outlive its caller. */
const WAIT_PIECE = 20;

/** `adapt` may wrap what accompanies the system calls of every job. */
export function createInProcess(
  root: Root,
  rateLimit: RateLimit,
  adapt: (io: Io) => Io = (io) => io,
): InProcess {
  const held: JobResources['held'] = new Map();
  const reads = createSemaphore(READS_AT_ONCE);
  const thread = 0;
  const buffer = (): Uint8Array => Buffer.allocUnsafeSlow(chunkAt(rateLimit.rate, CHUNK));

  async function run(task: Task): Promise<JobOutcome> {
    const { job, cancellation } = task;
    const leave = job.type === 'read' ? await reads.acquire(cancellation) : null;
    try {
      const resources: JobResources = { root, rateLimit, buffer, held };
      const result = await perform(job, resources, adapt(ioFor(task)));
      if (result !== null && 'type' in result && result.type === 'loaded' && isCancelled(cancellation))
        releaseHeld(resources, result.run.fd ?? -1);
      return { type: 'done', result, thread };
    } catch (fault) {
      if (fault instanceof Aborted) return new Promise(() => undefined);
      return { type: 'failed', failure: failureOf(fault) };
    } finally {
      leave?.();
    }
  }

  return { thread, run, release: (fd) => releaseHeld({ held }, fd) };
}

function isCancelled({ cancelled }: Cancellation): boolean {
  return cancelled !== null;
}

function ioFor({ cancellation, onBytes }: Task): Io {
  let since = now();
  let total = 0;
  const throwIfAborted = (): void => {
    if (cancellation.cancelled !== null) throw new Aborted();
  };
  return {
    before: throwIfAborted,
    after: () => undefined,
    at: () => undefined,
    atItem: () => undefined,
    count: (bytes) => onBytes((total += bytes)),
    isDue: () => now() - since > YIELD_AFTER,
    async turn() {
      await nextTurn();
      since = now();
      throwIfAborted();
    },
    async pause(milliseconds) {
      for (let left = milliseconds; left > 0; left -= WAIT_PIECE) {
        await sleep(Math.min(left, WAIT_PIECE));
        throwIfAborted();
      }
      since = now();
    },
  };
}
