/** A rate limit shared by all threads: one schedule in memory that all of them see, each chunk taking the next free time on it. */

import type { Io } from '../fs/calls.ts';
import { sharedNow } from '../concurrency/clock.ts';

/** A rate limit, as it travels between threads. */
export interface RateLimit {
  /** Bytes a second; null without a limit. */
  readonly rate: number | null;
  /** The next free time on the monotonic clock, in nanoseconds. */
  readonly schedule: SharedArrayBuffer;
}

/** Chunks last at most this long at the given rate, so that the flow is smooth within a tenth of a second. */
const CHUNKS_PER_SECOND = 25;

export function createRateLimit(rate: number | null): RateLimit {
  return { rate, schedule: new SharedArrayBuffer(8) };
}

/** Bytes to read at once at a rate, at most `chunk`. */
export function chunkAt(rate: number | null, chunk: number): number {
  return rate === null ? chunk : Math.max(1, Math.min(chunk, Math.floor(rate / CHUNKS_PER_SECOND)));
}

/** Takes the next free time for a number of bytes; milliseconds until then. */
function reserve(schedule: BigInt64Array, rate: number, bytes: number): number {
  const cost = BigInt(Math.ceil((bytes / rate) * 1e9));
  for (;;) {
    const free = Atomics.load(schedule, 0);
    const at = sharedNow();
    const start = free > at ? free : at;
    if (Atomics.compareExchange(schedule, 0, free, start + cost) === free) return Number(start - at) / 1e6;
  }
}

/** Waits until a number of bytes may be read. */
export async function pace({ rate, schedule }: RateLimit, bytes: number, io: Io): Promise<void> {
  if (rate !== null) await io.pause(reserve(new BigInt64Array(schedule), rate, bytes));
}
