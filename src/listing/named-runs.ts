/** The runs of a backups directory by their names, and where each was seen. No manifest is read. */

import type { Cancellation } from '../concurrency/abort.ts';
import { createYield } from '../concurrency/cooperative.ts';
import type { Shared } from '../inspect/run-context.ts';
import type { UnreadableRun } from '../model/answer.ts';
import { refusedRow, type ReadRow } from '../manifest/read-row.ts';
import type { CatalogPart } from '../repository/catalog.ts';
import type { StatusDirectory } from '../repository/layout.ts';
import type { PlacedRun } from './order.ts';
import { RECORDED } from './read-rows.ts';

/** What stands in a backups directory. */
export interface NamedRuns {
  /** Where each run stands, in look-up order; the runs in no order. */
  readonly runs: ReadonlyMap<string, readonly StatusDirectory[]>;
  /** What holds a run manifest, but has a name that can be no run id. */
  readonly misnamed: readonly PlacedRun<ReadRow>[];
  /** What could not be listed, and hides whatever runs are there. */
  readonly unlistable: readonly UnreadableRun[];
}

/** Names between two looks at the clock. */
const NAMES_AT_A_TIME = 256;

export async function findNamedRuns(shared: Shared, cancellation: Cancellation): Promise<NamedRuns> {
  const release = await shared.semaphoreFor(RECORDED).acquire(cancellation);
  try {
    const { parts, unlistable } = await shared.disk.catalog(cancellation);
    return {
      runs: await directoriesOf(parts),
      misnamed: parts.flatMap((part) => misnamedRows(part, shared.rootName)),
      unlistable: unlistable.map(({ path, error }) => ({ ok: false, run_id: '', path, error })),
    };
  } finally {
    release();
  }
}

async function directoriesOf(
  parts: readonly CatalogPart[],
): Promise<Map<string, readonly StatusDirectory[]>> {
  const runs = new Map<string, readonly StatusDirectory[]>();
  const yieldIfDue = createYield();
  for (const { directory, runIds } of parts) {
    // One list for all that are only here: there may be a million.
    const here = [directory];
    for (const [index, runId] of (runIds === '' ? [] : runIds.split('\0')).entries()) {
      if (index % NAMES_AT_A_TIME === 0) await yieldIfDue();
      runs.set(runId, runs.get(runId)?.concat(directory) ?? here);
    }
  }
  return runs;
}

function misnamedRows({ directory, misnamed }: CatalogPart, rootName: string): PlacedRun<ReadRow>[] {
  return misnamed.map(({ name, error }) => {
    const run = { runId: name, directories: [directory] };
    return { ...run, startedAt: null, row: refusedRow(run, rootName, error) };
  });
}
