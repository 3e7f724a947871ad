/** Reads the rows of runs, some at a time, and reports each as soon as it is settled. */

import type { Cancellation } from '../concurrency/abort.ts';
import { forEachConcurrently } from '../concurrency/cooperative.ts';
import { inspectionSettings } from '../inspect/options.ts';
import type { Shared } from '../inspect/run-context.ts';
import type { Candidate, NamedRun, ReadRow } from '../manifest/read-row.ts';

/** Runs of one job: enough to make messages cheap, few enough for an abort or a filter not to wait. */
const ROWS = 64;

/** Jobs at once. */
const JOBS_AT_ONCE = 2;

/** How runs are inspected that are listed with their participants: no artifact is read, so they go with the quick inspections. */
export const RECORDED = inspectionSettings({ level: 'none' });

/** Reads rows; `report` takes each as soon as it is settled, or null when the run is gone. */
export async function readRows(
  runs: readonly NamedRun[],
  { semaphoreFor, disk, limits }: Shared,
  sizes: boolean,
  cancellation: Cancellation,
  report: (run: NamedRun, read: ReadRow | null) => unknown,
): Promise<void> {
  const release = await semaphoreFor(RECORDED).acquire(cancellation);
  try {
    let left: Candidate[] = runs.map((run) => ({ run, looks: 0, before: null, stalledMs: null }));
    while (left.length > 0) {
      const again: Candidate[] = [];
      await forEachConcurrently(slicesOf(left), JOBS_AT_ONCE, async (slice) => {
        const outcomes = await disk.rows(slice, { limits, sizes }, cancellation);
        for (const [index, candidate] of slice.entries()) {
          const outcome = outcomes[index];
          if (outcome?.type === 'settled') report(candidate.run, outcome.read);
          else if (outcome?.type === 'later') again.push(candidate);
          else again.push({ ...candidate, looks: candidate.looks + 1, before: outcome?.before ?? null });
        }
      });
      left = again;
    }
  } finally {
    release();
  }
}

function slicesOf(candidates: readonly Candidate[]): Candidate[][] {
  const count = Math.ceil(candidates.length / ROWS);
  return Array.from({ length: count }, (_, at) => candidates.slice(at * ROWS, (at + 1) * ROWS));
}
