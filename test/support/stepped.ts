/**
 * A disk that can be raced exactly, without threads and without time passing: a hook runs before every system call. Calls that only
 * give something back are not announced: nothing depends on when they are made.
 */

import { setImmediate } from 'node:timers/promises';
import { createCanceller } from '../../src/concurrency/abort.ts';
import { createSemaphore } from '../../src/concurrency/semaphore.ts';
import type { Io } from '../../src/fs/calls.ts';
import { createRoot, type Root } from '../../src/fs/root.ts';
import { createRateLimit } from '../../src/hashing/rate-limit.ts';
import type { Answer, ListedRun, RunFilter } from '../../src/index.ts';
import { inspectRun } from '../../src/inspect/inspect-run.ts';
import type { Shared } from '../../src/inspect/run-context.ts';
import { inspectionSettings, inspectorSettings } from '../../src/inspect/options.ts';
import { createDisk } from '../../src/jobs/create-disk.ts';
import { createInProcess } from '../../src/jobs/in-process.ts';
import { createPool } from '../../src/jobs/pool.ts';
import { filterSettings } from '../../src/listing/filter.ts';
import { listRuns } from '../../src/listing/list-runs.ts';
import { shareReads } from '../../src/verify/shared-reads.ts';
import { collect } from './listed.ts';

/** Runs before each call, with its number, from 0. */
export type Before = (call: number) => void;

export interface Stepping {
  readonly before?: Before;
  /** Takes every chunk of an artifact that was read. */
  readonly onBytes?: (count: number) => void;
  /** Whether everything else gets a turn wherever it may. */
  readonly takesTurns?: boolean;
}

const nothing = (): void => undefined;
const atOnce = (): Promise<void> => Promise.resolve();

/** What accompanies calls, and counts them through; no time passes in it. */
export function steppedIo({ before = nothing, onBytes = nothing, takesTurns = false }: Stepping = {}): Io {
  let calls = 0;
  return {
    before: () => before(calls++),
    after: nothing,
    at: nothing,
    atItem: nothing,
    count: onBytes,
    isDue: () => takesTurns,
    turn: () => setImmediate(),
    pause: atOnce,
  };
}

/** Inspects a run on this thread. */
export async function inspectStepped(root: Root, runId: string, stepping: Stepping = {}): Promise<Answer> {
  const shared = steppedShared(root, stepping);
  return inspectRun({ run_id: runId }, inspectionSettings({}), createCanceller(), shared);
}

/** Lists runs on this thread. */
export async function listStepped(
  root: Root,
  filter: RunFilter = {},
  stepping: Stepping = {},
): Promise<ListedRun[]> {
  const shared = steppedShared(root, stepping);
  return collect(listRuns(filterSettings(filter), shared, (work) => work(createCanceller())));
}

/** What inspections share, on this thread. */
export function steppedShared(root: Root, stepping: Stepping = {}): Shared {
  const io = steppedIo(stepping);
  const rateLimit = createRateLimit(null);
  const adapt = ({ before, count }: Io): Io => ({
    ...io,
    before() {
      before();
      io.before();
    },
    count: (bytes) => {
      io.count(bytes);
      count(bytes);
    },
  });
  const { stallTimeoutMs, limits } = inspectorSettings({ root: root.name });
  const pool = createPool({
    threads: 0,
    stallTimeoutMs,
    root: root.path,
    rateLimit,
    source: '',
    inProcess: createInProcess(root, rateLimit, adapt),
    onFallback: nothing,
  });
  const disk = createDisk({ pool, rootName: root.name, stallTimeoutMs });
  return {
    rootName: root.name,
    limits,
    semaphoreFor: () => createSemaphore(1),
    disk,
    sharedReads: shareReads(disk),
    memo: null,
    contents: { check: ({ judged }) => Promise.resolve(judged) },
  };
}

/** A root by its path, which has already found out how it holds: every inspection makes the same calls. */
export function steppedRoot(path: string): Root {
  const root = createRoot(path);
  root.hold(steppedIo()).release();
  return root;
}
