/**
 * Puts the jobs together to the disk of an inspector. What stalls is reported by name, and the rest of a job is done without it;
 * what a thread crashed with is tried once more elsewhere.
 */

import type { Disk } from './disk.ts';
import type { DiskAccess } from './dispatch-job.ts';
import { loadCatalog, loadRows } from './list-access.ts';
import { packFiles } from './protocol.ts';
import { readInBatches } from './read-batches.ts';
import { confirmRun, loadRun, readRangeOf, searchRun } from './run-access.ts';

/** Files of one job: enough to make messages cheap, few enough for every thread to have some. */
const MOST_LOOKS = 2_048;
const MOST_READS = 256;

export function createDisk(access: DiskAccess): Disk {
  const { pool, stallTimeoutMs } = access;
  return {
    load: (...request) => loadRun(access, ...request),
    look: (request) =>
      readInBatches(request, { pool, stallTimeoutMs, most: MOST_LOOKS }, (batch) => ({
        type: 'look',
        run: request.run,
        files: packFiles(batch),
      })),
    read: (request) =>
      readInBatches(request, { pool, stallTimeoutMs, most: MOST_READS }, (batch) => ({
        type: 'read',
        run: request.run,
        files: packFiles(batch),
      })),
    search: (...request) => searchRun(access, ...request),
    confirm: (...request) => confirmRun(access, ...request),
    readRange: (...request) => readRangeOf(access, ...request),
    catalog: (...request) => loadCatalog(access, ...request),
    rows: (...request) => loadRows(access, ...request),
    close: () => pool.close(),
  };
}
