/** Performs jobs, on whatever thread: the one place where a job becomes work on the disk. */

import type { Io } from '../fs/calls.ts';
import { refusalOf } from '../fs/errno.ts';
import { hasIdentity, isUnreplaced, type Handle } from '../fs/handle.ts';
import type { Root } from '../fs/root.ts';
import { failureOf, lookAtFile } from '../hashing/look-at-file.ts';
import { readRange } from '../hashing/read-range.ts';
import { beginRead } from '../hashing/hash-file.ts';
import { pace, type RateLimit } from '../hashing/rate-limit.ts';
import type { FileLook, FileRead, ReadFailure } from '../hashing/look-at-file.ts';
import { manifestStats } from '../manifest/load-run.ts';
import { readCatalog } from '../repository/catalog.ts';
import { locate, type LocatedRun } from '../repository/locate-run.ts';
import { openRun, type RunAddress } from '../repository/open-run.ts';
import { findUnlisted } from '../repository/unlisted.ts';
import { Refusal } from '../model/errors.ts';
import { loadLocated } from './load-located.ts';
import { readRowBatch } from './read-row-batch.ts';
import {
  unpackFiles,
  type ConfirmResult,
  type Job,
  type Jobs,
  type JobType,
  type LoadResult,
} from './protocol.ts';

/** What the jobs of one thread share. */
export interface JobResources {
  readonly root: Root;
  readonly rateLimit: RateLimit;
  /** Is used again for every chunk of one job; asked for when the first file is read. */
  readonly buffer: () => Uint8Array;
  /** Runs that are held for the jobs that follow, by the descriptor that holds them. */
  readonly held: Map<number, Handle>;
}

/** Ends a job that nobody waits for any more. */
export class Aborted extends Error {}

/** Performs a job. Throws `Aborted`, and what is no fault of the disk. */
export async function perform(job: Job, resources: JobResources, io: Io): Promise<Jobs[JobType]['result']> {
  const { root } = resources;
  switch (job.type) {
    case 'load':
      return load(job, resources, io);
    case 'look':
      return withRun(job.run, root, io, async (run) => lookAll(run, job, io));
    case 'read':
      return withRun(job.run, root, io, (run) => readAll(run, job, resources, io));
    case 'search':
      return withRun(job.run, root, io, (run) => findUnlisted(run, job.search, io));
    case 'confirm':
      return confirm(job, root, io);
    case 'range': {
      await pace(resources.rateLimit, job.range.length, io);
      return withRun(job.run, root, io, async (run) => readRange(run, job.range, io));
    }
    case 'catalog':
      return readCatalog(root, job.stalled, io);
    default:
      return readRowBatch(job, root, io);
  }
}

/** Lets go of a run that a `load` holds. */
export function releaseHeld({ held }: Pick<JobResources, 'held'>, fd: number): void {
  held.get(fd)?.release();
  held.delete(fd);
}

/** Works on a run that another job located, and that this one holds for as long as it takes. */
async function withRun<T>(
  address: RunAddress,
  root: Root,
  io: Io,
  work: (run: Handle) => Promise<T>,
): Promise<T> {
  io.at(address.path);
  const run = openRun(root, address, io);
  try {
    return await work(run);
  } finally {
    run.release();
  }
}

async function load(job: Job<'load'>, { root, held }: JobResources, io: Io): Promise<LoadResult> {
  let located: LocatedRun | null = null;
  let isKept = false;
  try {
    located = locate(root, job.runId, io);
    const result = await loadLocated(located, root, job, io);
    isKept = result.type === 'loaded' && located.handle.fd !== null;
    if (isKept && located.handle.fd !== null) held.set(located.handle.fd, located.handle);
    return result;
  } catch (fault) {
    return { type: 'refused', error: errorOf(fault, located?.path ?? root.name) };
  } finally {
    if (!isKept) located?.handle.release();
  }
}

/** The error that a fault of the disk at a path stands for; throws what is none. */
function errorOf(fault: unknown, path: string): Refusal['error'] {
  const refusal = fault instanceof Refusal ? fault : refusalOf(fault, path);
  if (refusal instanceof Refusal) return refusal.error;
  throw refusal;
}

/** Whether a run is still the one directory of its name, in the same place, and has the same run manifest. */
function confirm({ run: address, revision }: Job<'confirm'>, root: Root, io: Io): ConfirmResult {
  let now: LocatedRun | null = null;
  try {
    now = locate(root, address.runId, io);
    const stays = now.directory === address.directory && isUnreplaced(now.handle.stats, address);
    if (!stays) return { type: 'moved' };
    const stats = manifestStats(now, io);
    return { type: 'stays', isUnchanged: stats !== null && hasIdentity(stats, revision) };
  } catch (fault) {
    const error = errorOf(fault, address.path);
    return error.code === 'BACKUP_RUN_NOT_FOUND' ? { type: 'moved' } : { type: 'refused', error };
  } finally {
    now?.handle.release();
  }
}

/** Files that are looked at before others get a turn. */
const LOOK_STRIDE = 64;

async function lookAll(run: Handle, { files }: Job<'look'>, io: Io): Promise<(FileLook | ReadFailure)[]> {
  const results: (FileLook | ReadFailure)[] = [];
  for (const [index, { names }] of unpackFiles(files).entries()) {
    if (index % LOOK_STRIDE === 0 && io.isDue()) await io.turn();
    io.atItem(index);
    try {
      results.push(lookAtFile(run, names));
    } catch (fault) {
      results.push(failureUnlessAborted(fault));
    }
  }
  return results;
}

async function readAll(
  run: Handle,
  { files }: Job<'read'>,
  resources: JobResources,
  io: Io,
): Promise<(FileRead | ReadFailure)[]> {
  const results: (FileRead | ReadFailure)[] = [];
  const buffer = resources.buffer();
  for (const [index, { names, size }] of unpackFiles(files).entries()) {
    if (io.isDue()) await io.turn();
    io.atItem(index);
    try {
      const begun = beginRead(run, names, { size, buffer }, io);
      if (begun.type !== 'reading') results.push(begun);
      else
        try {
          do {
            if (resources.rateLimit.rate !== null) await pace(resources.rateLimit, begun.ahead(), io);
            if (io.isDue()) await io.turn();
          } while (begun.step());
          results.push(begun.end());
        } finally {
          begun.release();
        }
    } catch (fault) {
      results.push(failureUnlessAborted(fault));
    }
  }
  return results;
}

function failureUnlessAborted(fault: unknown): ReadFailure {
  if (fault instanceof Aborted) throw fault;
  return failureOf(fault);
}
