/** The names of runs come in, their rows go out, each as soon as it is settled. */

import type { Cancellation } from '../cancellation.ts';
import type { Shared } from '../inspect-run.ts';
import { pause } from '../store/calls.ts';
import { holdRoot } from '../store/held-root.ts';
import { inSession, RECORDED } from './on-disk.ts';
import type { NamedRun } from './order.ts';
import { lookAtRow, type Candidate, type ReadRow, type RowSource } from './row.ts';

/** Runs read at once, each with some six descriptors. More than calls that may be in flight: who waits for a writer makes none. */
const LANES = 4;

/** Milliseconds before another look at runs with which something is wrong: whoever moves or deletes them needs some. */
const PAUSE = 50;

/** Reads the rows of runs, some at a time; `tell` gets each as soon as it is settled, or null when the run is gone. */
export async function readRows(
  runs: readonly NamedRun[],
  shared: Shared,
  cancellation: Cancellation,
  tell: (run: NamedRun, read: ReadRow | null) => unknown,
): Promise<void> {
  const leave = await shared.gateFor(RECORDED).enter(cancellation);
  try {
    let left: Candidate[] = runs.map((run) => ({ run, looks: 0, before: null }));
    while (left.length > 0) {
      const again: Candidate[] = [];
      await inLanes(left, shared, cancellation, async (each, source) => {
        const looked = await lookAtRow(each, source);
        if ('again' in looked) again.push(looked.again);
        else tell(each.run, looked.read);
      });
      // One pause for all of them: there may be thousands that cannot be read.
      if (again.length > 0) await inSession(shared, (disk) => disk.perform(pause(PAUSE), cancellation));
      left = again;
    }
  } finally {
    leave();
  }
}

/** Works on all items, some at a time; ends with the first that fails, when none is under way any more. */
async function inLanes<T>(
  items: readonly T[],
  shared: Shared,
  cancellation: Cancellation,
  work: (item: T, source: RowSource) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const lane = (): Promise<void> =>
    inSession(shared, async (disk) => {
      const root = holdRoot(shared.root);
      try {
        for (const item of waiting) await work(item, { ...shared, root, disk, cancellation });
      } finally {
        await disk.end(root.release());
      }
    });
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(LANES, items.length) }, lane));
  for (const each of lanes) if (each.status === 'rejected') throw each.reason;
}
