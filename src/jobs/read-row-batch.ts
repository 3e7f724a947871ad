/** Reads the rows of some runs, as many as one job may hold. */

import type { Io } from '../fs/calls.ts';
import type { Root } from '../fs/root.ts';
import { lookAtRow, type RowOutcome } from '../manifest/read-row.ts';
import { cacheRoot } from '../repository/cached-root.ts';
import type { Job } from './protocol.ts';

/** Milliseconds before another look at runs with which something is wrong: whoever moves or deletes them needs some. */
const ROW_PAUSE = 50;

/** Bytes of rows of one job: what a manifest says may be as long as the manifest may. */
const MOST_ROWS_WEIGHT = 8 * 1_024 * 1_024;
const LATER: RowOutcome = { type: 'later' };

/** One outcome for each candidate, in their order. */
export async function readRowBatch(
  { candidates, options }: Job<'rows'>,
  root: Root,
  io: Io,
): Promise<RowOutcome[]> {
  // One pause for all of them: there may be thousands that cannot be read.
  if (candidates.some(({ looks, stalledMs }) => looks > 0 && stalledMs === null)) await io.pause(ROW_PAUSE);
  const cached = cacheRoot(root);
  const outcomes: RowOutcome[] = [];
  let weight = 0;
  try {
    for (const [index, candidate] of candidates.entries()) {
      if (io.isDue()) await io.turn();
      io.atItem(index);
      const outcome = weight < MOST_ROWS_WEIGHT ? await lookAtRow(candidate, cached, options, io) : LATER;
      outcomes.push(outcome);
      if (outcome.type === 'settled') weight += outcome.read?.weight ?? 0;
    }
    return outcomes;
  } finally {
    cached.release();
  }
}
