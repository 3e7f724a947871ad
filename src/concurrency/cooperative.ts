/** Many items come in and are worked on one after the other, with turns for everything else on this thread in between. */

import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work between two turns: half of what a frame of 60 in a second has. */
const SLICE = 8;
/** Items between two looks at the clock. */
const STRIDE = 64;

/** Makes a function that gives others a turn whenever work has gone on for a while; to be asked often. */
export function createBreaks(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since <= SLICE) return;
    await setImmediate();
    since = performance.now();
  };
}

/** What `work` makes of every item, in their order. */
export async function mapInSlices<T, R>(items: Iterable<T>, work: (item: T) => R): Promise<R[]> {
  const results: R[] = [];
  const takeBreak = createBreaks();
  for (const item of items) {
    results.push(work(item));
    if (results.length % STRIDE === 0) await takeBreak();
  }
  return results;
}
