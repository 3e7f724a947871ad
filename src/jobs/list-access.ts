/** The jobs of listings: which runs there are, and their rows. */

import { refusedRow, type RowOutcome } from '../manifest/read-row.ts';
import { ioError, isRowError, Refusal } from '../model/errors.ts';
import type { Catalog } from '../repository/catalog.ts';
import type { Disk } from './disk.ts';
import type { Job } from './protocol.ts';
import { directoryAbove, errorAt, metadataTask, runJob, StalledAt, type DiskAccess } from './dispatch-job.ts';

export async function loadCatalog(
  { pool, rootName }: DiskAccess,
  ...[cancellation]: Parameters<Disk['catalog']>
): Promise<Catalog> {
  const stalled: string[] = [];
  for (;;) {
    try {
      const { result } = await runJob(pool, { type: 'catalog', stalled }, metadataTask(cancellation));
      const unlistable = stalled.map((path) => ({ path, error: ioError(path, 'ETIMEDOUT') }));
      return { ...result, unlistable: [...unlistable, ...result.unlistable] };
    } catch (fault) {
      if (fault instanceof StalledAt && fault.path !== rootName && !stalled.includes(fault.path)) {
        // Each stall costs a thread: of several in one directory, the directory stands for all that is in it.
        const above = directoryAbove(fault.path);
        const isAnother = above !== rootName && stalled.some((path) => directoryAbove(path) === above);
        stalled.push(isAnother ? above : fault.path);
        continue;
      }
      // The root hides all of them alike, and so does a lack of threads.
      const refusal = errorAt(rootName, fault);
      if (!(refusal instanceof Refusal && isRowError(refusal.error))) throw refusal;
      return { parts: [], unlistable: [{ path: rootName, error: refusal.error }] };
    }
  }
}

export async function loadRows(
  { pool, rootName, stallTimeoutMs }: DiskAccess,
  ...[candidates, options, cancellation]: Parameters<Disk['rows']>
): Promise<readonly RowOutcome[]> {
  const pending = [...candidates];
  for (;;) {
    try {
      const job: Job<'rows'> = { type: 'rows', candidates: pending, options };
      return (await runJob(pool, job, metadataTask(cancellation))).result;
    } catch (fault) {
      if (fault instanceof Refusal && isRowError(fault.error)) {
        const { error } = fault;
        return pending.map((each) => ({ type: 'settled', read: refusedRow(each.run, rootName, error) }));
      }
      const stuck = fault instanceof StalledAt ? pending[fault.item] : undefined;
      if (!(fault instanceof StalledAt) || stuck === undefined) throw fault;
      pending[fault.item] = { ...stuck, stalledMs: stallTimeoutMs };
    }
  }
}
