/**
 * Everything an inspector does on the disk, as few jobs in threads of its own. What stalls is reported by name, and the rest of a
 * job is done without it; what a thread crashed with is tried once more elsewhere.
 */

import type { Cancellation } from '../concurrency/abort.ts';
import { JobFault, refusalOf, shortageNamed, Stalled } from '../fs/errno.ts';
import type { FileLook, FileRead, RangeRequest, ReadFailure } from '../hashing/hash-file.ts';
import { refusedRow, type Candidate, type RowOutcome } from '../manifest/read-row.ts';
import type { LoadOptions } from '../manifest/load-run.ts';
import type { Catalog } from '../repository/catalog.ts';
import { PARTICIPANTS } from '../repository/layout.ts';
import type { RunAddress } from '../repository/open-run.ts';
import type { FoundUnlisted, SearchRequest } from '../repository/unlisted.ts';
import { busy, ioError, Refusal } from '../model/errors.ts';
import type { InspectionLimits } from '../model/limits.ts';
import { outOfThreads } from './out-of-threads.ts';
import type { Pool, TaskOptions } from './pool.ts';
import {
  packFiles,
  type ConfirmResult,
  type Job,
  type Jobs,
  type JobType,
  type LoadedRun,
} from './protocol.ts';
import { readInBatches, type FilesRequest } from './read-batches.ts';

/** A run that was loaded, and is held until `release`. */
export interface HeldRun extends LoadedRun {
  readonly release: () => void;
}

/** What came of loading a run. */
export type Loaded =
  | { readonly type: 'loaded'; readonly loaded: HeldRun }
  /** It did not stay where it was found. */
  | { readonly type: 'moved' };

/**
 * The disk, as the pipeline sees it. Every method rejects with the reason of its cancellation, and with a `Refusal` where the
 * inspection cannot go on.
 */
export interface Disk {
  readonly load: (
    runId: string,
    options: Omit<LoadOptions, 'stalled' | 'stallTimeoutMs'>,
    mayWait: boolean,
    cancellation: Cancellation,
  ) => Promise<Loaded>;
  readonly look: (request: FilesRequest) => Promise<readonly (FileLook | ReadFailure)[]>;
  /** Each file once; results in their order. */
  readonly read: (request: FilesRequest) => Promise<readonly (FileRead | ReadFailure)[]>;
  readonly search: (
    run: RunAddress,
    search: Omit<SearchRequest, 'stalled' | 'path'>,
    cancellation: Cancellation,
  ) => Promise<FoundUnlisted>;
  readonly confirm: (
    run: RunAddress,
    cancellation: Cancellation,
  ) => Promise<Exclude<ConfirmResult, { type: 'refused' }>>;
  /** Null when it is another revision by now. Throws `Stalled`, and faults of the disk. */
  readonly readRange: (
    run: RunAddress,
    range: RangeRequest,
    cancellation: Cancellation,
  ) => Promise<Uint8Array | null>;
  readonly catalog: (cancellation: Cancellation) => Promise<Catalog>;
  readonly rows: (
    candidates: readonly Candidate[],
    limits: InspectionLimits,
    cancellation: Cancellation,
  ) => Promise<readonly RowOutcome[]>;
  readonly close: () => Promise<void>;
}

/** How often a job is tried whose thread crashes. */
const JOB_TRIES = 2;

/** A job that stalled, and where. */
class StalledAt extends Error {
  readonly item: number;
  readonly path: string;

  constructor(item: number, path: string) {
    super(`the storage of ${path} does not answer`);
    this.item = item;
    this.path = path;
  }
}

export function createDisk(pool: Pool, rootName: string, stallTimeoutMs: number): Disk {
  /** What a job makes. Throws `StalledAt`. */
  async function run<T extends JobType>(
    job: Job<T>,
    options: TaskOptions,
  ): Promise<{ readonly result: Jobs[T]['result']; readonly thread: number }> {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await pool.run(job, options);
      switch (outcome.type) {
        case 'done':
          return outcome;
        case 'failed':
          throw faultOf(outcome.failure);
        case 'stalled':
          throw new StalledAt(outcome.item, outcome.path);
        case 'out-of-threads':
          throw outOfThreads();
        case 'crashed':
          if (attempt === JOB_TRIES) throw new Refusal(busy('the thread that did it crashed, twice'));
      }
    }
  }

  async function load(...[runId, options, mayWait, cancellation]: Parameters<Disk['load']>): Promise<Loaded> {
    const stalled: string[] = [];
    for (;;) {
      try {
        const job: Job<'load'> = {
          type: 'load',
          runId,
          options: { ...options, stalled, stallTimeoutMs },
          mayWait,
        };
        const { result, thread } = await run(job, metadata(cancellation));
        if (result.type === 'moved') return result;
        if (result.type === 'refused') throw new Refusal(result.error);
        const { type, ...loaded } = result;
        return { type, loaded: { ...loaded, release: releaserOf(loaded.run, thread) } };
      } catch (fault) {
        // A participant's file that hung storage holds stands for itself, and the others go on.
        const [, , , below] = fault instanceof StalledAt ? fault.path.split('/') : [];
        if (!(fault instanceof StalledAt) || below !== PARTICIPANTS || stalled.includes(fault.path))
          throw errorAt(rootName, fault);
        stalled.push(fault.path);
      }
    }
  }

  function releaserOf({ fd }: RunAddress, thread: number): () => void {
    return () => {
      if (fd !== null) pool.release(thread, fd);
    };
  }

  async function search(
    ...[address, request, cancellation]: Parameters<Disk['search']>
  ): Promise<FoundUnlisted> {
    const stalled: string[] = [];
    for (;;) {
      try {
        const its: SearchRequest = { ...request, path: address.path, stalled };
        const job: Job<'search'> = { type: 'search', run: address, search: its };
        return (await run(job, { taskClass: 'search', cancellation })).result;
      } catch (fault) {
        if (!(fault instanceof StalledAt) || stalled.includes(fault.path)) throw errorAt(address.path, fault);
        // Each stall costs a thread: of several in one directory, the directory stands for all that is in it.
        const above = directoryAbove(fault.path);
        stalled.push(fault.path, ...(stalled.some((path) => directoryAbove(path) === above) ? [above] : []));
      }
    }
  }

  async function catalog(cancellation: Cancellation): Promise<Catalog> {
    const stalled: string[] = [];
    for (;;) {
      try {
        const { result } = await run({ type: 'catalog', stalled }, metadata(cancellation));
        const unlistable = stalled.map((path) => ({ path, error: ioError(path, 'ETIMEDOUT') }));
        return { ...result, unlistable: [...unlistable, ...result.unlistable] };
      } catch (fault) {
        if (fault instanceof StalledAt && fault.path !== rootName && !stalled.includes(fault.path)) {
          stalled.push(fault.path);
          continue;
        }
        // The root hides all of them alike, and so does a lack of threads.
        const refusal = errorAt(rootName, fault);
        if (!(refusal instanceof Refusal)) throw refusal;
        return { parts: [], unlistable: [{ path: rootName, error: refusal.error }] };
      }
    }
  }

  async function rows(
    ...[candidates, limits, cancellation]: Parameters<Disk['rows']>
  ): Promise<readonly RowOutcome[]> {
    const pending = [...candidates];
    for (;;) {
      try {
        const job: Job<'rows'> = { type: 'rows', candidates: pending, limits };
        return (await run(job, metadata(cancellation))).result;
      } catch (fault) {
        if (fault instanceof Refusal) {
          const { error } = fault;
          return pending.map((each) => ({ type: 'settled', read: refusedRow(each.run, rootName, error) }));
        }
        const stuck = fault instanceof StalledAt ? pending[fault.item] : undefined;
        if (!(fault instanceof StalledAt) || stuck === undefined) throw fault;
        pending[fault.item] = { ...stuck, stalledMs: stallTimeoutMs };
      }
    }
  }

  async function confirm(address: RunAddress, cancellation: Cancellation): ReturnType<Disk['confirm']> {
    try {
      const { result } = await run({ type: 'confirm', run: address }, metadata(cancellation));
      if (result.type === 'refused') throw new Refusal(result.error);
      return result;
    } catch (fault) {
      throw errorAt(address.path, fault);
    }
  }

  async function readRange(
    ...[address, range, cancellation]: Parameters<Disk['readRange']>
  ): Promise<Uint8Array | null> {
    try {
      return (await run({ type: 'range', run: address, range }, metadata(cancellation))).result;
    } catch (fault) {
      throw fault instanceof StalledAt ? new Stalled(stallTimeoutMs) : fault;
    }
  }

  return {
    load,
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
    search,
    confirm,
    readRange,
    catalog,
    rows,
    close: () => pool.close(),
  };
}

/** Files of one job: enough to make messages cheap, few enough for every thread to have some. */
const MOST_LOOKS = 2_048;
const MOST_READS = 256;

function metadata(cancellation: Cancellation): TaskOptions {
  return { taskClass: 'metadata', cancellation };
}

function directoryAbove(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** What to throw for a stall, or for another fault of the disk at a path: the error that names where it was. */
function errorAt(path: string, fault: unknown): unknown {
  if (fault instanceof StalledAt) return new Refusal(ioError(fault.path, 'ETIMEDOUT'));
  return fault instanceof JobFault ? refusalOf(fault, path) : fault;
}

/** What to throw for a failure that travelled as data. */
function faultOf(failure: ReadFailure): unknown {
  if (failure.type !== 'failed') return new Error(`a job ended with ${failure.type}`);
  const shortage = shortageNamed(failure.errno);
  if (shortage !== null) return new Refusal(busy(shortage));
  return new JobFault(failure.message, failure.errno);
}
