/** Long work on the caller's loop, cut into slices with a turn for everything else in between. */

import { nextTurn, now } from './clock.ts';

/** Milliseconds of work between two turns: half of what a frame of 60 in a second has. */
export const YIELD_AFTER = 8;
/** Items between two looks at the clock. */
const CLOCK_STRIDE = 64;

/** Makes a function that gives others a turn whenever work has gone on for a while; to be called often. */
export function createYield(): () => Promise<void> {
  let since = now();
  return async () => {
    if (now() - since <= YIELD_AFTER) return;
    await nextTurn();
    since = now();
  };
}

/** What `work` makes of every item, in their order. */
export async function mapInSlices<T, R>(items: Iterable<T>, work: (item: T) => R): Promise<R[]> {
  const results: R[] = [];
  await forEachInSlices(items, (item) => results.push(work(item)));
  return results;
}

/** Works on every item, in their order. */
export async function forEachInSlices<T>(items: Iterable<T>, work: (item: T) => unknown): Promise<void> {
  const yieldIfDue = createYield();
  let count = 0;
  for (const item of items) {
    work(item);
    if ((count += 1) % CLOCK_STRIDE === 0) await yieldIfDue();
  }
}

/** Works on all items, `atOnce` of them at a time; ends with the first that fails, when none is under way any more. */
export async function forEachConcurrently<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  let hasFailed = false;
  const lane = async (): Promise<void> => {
    for (const item of left) {
      if (hasFailed) return;
      await work(item).catch((reason: unknown) => {
        hasFailed = true;
        throw reason;
      });
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  const failed = ended.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
