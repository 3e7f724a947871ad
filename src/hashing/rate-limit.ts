/**
 * How much may be read in a second comes in, how long to wait before the next chunk goes out: one schedule for all
 * threads, in memory that all of them see, each chunk taking the next free time on it.
 */

import { hrtime } from 'node:process';
import { pause, type Plan } from '../../store/calls.ts';

/** Chunks last at most this long at the given rate, so that the flow is smooth within a tenth of a second. */
const CHUNKS_PER_SECOND = 25;

/** Memory for a schedule. */
export function createSchedule(): SharedArrayBuffer {
  return new SharedArrayBuffer(8);
}

/** Bytes to read at once at a rate, at most `chunk`. */
export function chunkAt(rate: number | null, chunk: number): number {
  return rate === null ? chunk : Math.max(1, Math.min(chunk, Math.floor(rate / CHUNKS_PER_SECOND)));
}

/** Takes the next free time for so many bytes; milliseconds until then. */
export function reserve(schedule: BigInt64Array, rate: number, bytes: number): number {
  const cost = BigInt(Math.ceil((bytes / rate) * 1e9));
  for (;;) {
    const free = Atomics.load(schedule, 0);
    const now = hrtime.bigint();
    const start = free > now ? free : now;
    if (Atomics.compareExchange(schedule, 0, free, start + cost) === free) return Number(start - now) / 1e6;
  }
}

/** A wait is cut into pieces of so many milliseconds, so that it does not outlive its caller. */
const PATIENCE = 20;

/** Makes a plan that waits until so many bytes may be read, at no rate not at all. */
export function createPace(rate: number | null, schedule: BigInt64Array): (bytes: number) => Plan<void> {
  return function* (bytes) {
    if (rate === null) return;
    let wait = reserve(schedule, rate, bytes);
    for (; wait > 0; wait -= PATIENCE) yield* pause(Math.min(wait, PATIENCE));
  };
}
