/** The jobs on one run: loading it, searching it, confirming it, reading a part of a file. */

import { Stalled } from '../fs/errno.ts';
import { PARTICIPANTS } from '../repository/layout.ts';
import type { FoundUnlisted, SearchRequest } from '../repository/unlisted.ts';
import { WRITER_PAUSES } from '../manifest/read-manifest.ts';
import { Refusal } from '../model/errors.ts';
import type { Disk, Loaded } from './disk.ts';
import type { Job } from './protocol.ts';
import { directoryAbove, errorAt, metadataTask, runJob, StalledAt, type DiskAccess } from './dispatch-job.ts';

export async function loadRun(
  { pool, rootName, stallTimeoutMs }: DiskAccess,
  ...[runId, options, mayWait, cancellation]: Parameters<Disk['load']>
): Promise<Loaded> {
  const stalled: string[] = [];
  const whole = { ...options, stalled, stallTimeoutMs, pauses: WRITER_PAUSES };
  for (;;) {
    try {
      const job: Job<'load'> = { type: 'load', runId, options: whole, mayWait };
      const { result, thread } = await runJob(pool, job, metadataTask(cancellation));
      if (result.type === 'moved') return result;
      if (result.type === 'refused') throw new Refusal(result.error);
      const { type, ...loaded } = result;
      const { fd } = loaded.run;
      const release = (): void => {
        if (fd !== null) pool.release(thread, fd);
      };
      return { type, loaded: { ...loaded, release } };
    } catch (fault) {
      // A participant's file that hung storage holds stands for itself, and the others go on.
      const [, , , below] = fault instanceof StalledAt ? fault.path.split('/') : [];
      if (!(fault instanceof StalledAt) || below !== PARTICIPANTS || stalled.includes(fault.path))
        throw errorAt(rootName, fault);
      stalled.push(fault.path);
    }
  }
}

export async function searchRun(
  { pool }: DiskAccess,
  ...[address, request, cancellation]: Parameters<Disk['search']>
): Promise<FoundUnlisted> {
  const stalled: string[] = [];
  const search: SearchRequest = { ...request, path: address.path, stalled };
  for (;;) {
    try {
      const job: Job<'search'> = { type: 'search', run: address, search };
      return (await runJob(pool, job, { taskClass: 'search', cancellation })).result;
    } catch (fault) {
      if (!(fault instanceof StalledAt) || stalled.includes(fault.path)) throw errorAt(address.path, fault);
      // Each stall costs a thread: of several in one directory, the directory stands for all that is in it.
      const above = directoryAbove(fault.path);
      stalled.push(fault.path, ...(stalled.some((path) => directoryAbove(path) === above) ? [above] : []));
    }
  }
}

export async function confirmRun(
  { pool }: DiskAccess,
  ...[{ run: address, revision }, cancellation]: Parameters<Disk['confirm']>
): ReturnType<Disk['confirm']> {
  try {
    const { result } = await runJob(
      pool,
      { type: 'confirm', run: address, revision },
      metadataTask(cancellation),
    );
    if (result.type === 'refused') throw new Refusal(result.error);
    return result;
  } catch (fault) {
    throw errorAt(address.path, fault);
  }
}

export async function readRangeOf(
  { pool, stallTimeoutMs }: DiskAccess,
  ...[run, range, cancellation]: Parameters<Disk['readRange']>
): ReturnType<Disk['readRange']> {
  try {
    return (await runJob(pool, { type: 'range', run, range }, metadataTask(cancellation))).result;
  } catch (fault) {
    throw fault instanceof StalledAt ? new Stalled(stallTimeoutMs) : fault;
  }
}
