/** Options come in, an inspector goes out: what its calls share, and how long that lives. */

import type { Answer, ListedRun, Validation } from './answer.ts';
import { keepFindings } from './assemble.ts';
import { createCanceller, createRelay, type Canceller } from './cancellation.ts';
import { traceInspect } from './diagnostics.ts';
import { createGate, type Gate } from './gate.ts';
import { inspectRun } from './inspect-run.ts';
import { filterSettings, type RunFilter } from './listing/filter.ts';
import { listRuns } from './listing/list-runs.ts';
import {
  inspectionSettings,
  inspectorSettings,
  type InspectionOptions,
  type InspectionSettings,
  type InspectorOptions,
} from './request.ts';
import { judgeRestorable } from './restorable.ts';
import { createDisk } from './store/disk.ts';
import { loadFastGlob } from './store/find.ts';
import { createRoot } from './store/root.ts';
import { createContents } from './validators/contents.ts';
import { createHasher } from './verify/hashing/create-hasher.ts';
import { createSchedule } from './verify/hashing/rate.ts';
import { shareReads } from './verify/sharing.ts';

/** Inspects the runs of one backups directory. */
export interface Inspector {
  /**
   * Finds a run by its id, reads its manifests, recomputes size and SHA-256 of every artifact, and answers with the run
   * or with the reason why there is none. Reads only, and changes nothing.
   *
   * @param request - `{ run_id }`; anything else is answered with `INVALID_DATA` or `BACKUP_RUN_NOT_FOUND`.
   * @throws TypeError for options of a wrong type, and after `close()`; the signal's reason after an abort.
   */
  getBackupRun(request: unknown, options?: InspectionOptions): Promise<Answer>;
  /**
   * Inspects a run in the same way, and answers whether it is a restore point: completed, without a finding of severity
   * error, and verified wholly, which only the level `digest` can tell.
   *
   * @param request - `{ run_id }`; anything else is answered with `INVALID_DATA` or `BACKUP_RUN_NOT_FOUND`.
   * @returns the run, or the error; `BACKUP_RUN_NOT_RESTORABLE` has the run and the reasons.
   * @throws TypeError for options of a wrong type, and after `close()`; the signal's reason after an abort.
   */
  validateBackupRun(request: unknown, options?: InspectionOptions): Promise<Validation>;
  /**
   * Lists runs by their manifests, newest first by `started_at`, ties by run id descending. A run that cannot be read is a row
   * with its error, before the first readable run with a smaller id, passes every filter and counts in `limit`. What could not
   * be listed at all (the root, a status directory) comes first, with the run id `""`. Between two rows nothing is held.
   *
   * With `limit` only as many manifests are read as the order needs, where run ids begin with a date and a time.
   *
   * @throws TypeError, with the first row, for a filter of a wrong type and after `close()`; the signal's reason after an abort.
   */
  listBackupRuns(filter?: RunFilter): AsyncGenerator<ListedRun, void, void>;
  /** Aborts what is in flight, resolves when nothing is held any more. May be called twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Inspections and steps of listings under way at once, each with some eight descriptors, or 24 of a listing: a process may have
 * no more than 256. What hashes for hours must not keep waiting what has a limit of time, and neither of them what hashes
 * nothing.
 */
const AT_ONCE = { long: 8, timed: 4, quick: 4 } as const;

/**
 * Creates an inspector. Nothing starts before its first call and nothing lives after `close()`.
 *
 * @throws TypeError for options of a wrong type.
 */
export function createInspector(options: InspectorOptions): Inspector {
  const settings = inspectorSettings(options);
  const { limits, memo } = settings;
  const root = createRoot(settings.root);
  const disk = createDisk(settings);
  const schedule = createSchedule();
  const hasher = createHasher(settings, schedule, disk.session());
  const contents = createContents(settings, disk, schedule);
  const gates = {
    long: createGate(AT_ONCE.long),
    timed: createGate(AT_ONCE.timed),
    quick: createGate(AT_ONCE.quick),
  };
  const gateFor = ({ level, timeBudgetMs }: InspectionSettings): Gate => {
    if (level !== 'digest') return gates.quick;
    return timeBudgetMs === undefined ? gates.long : gates.timed;
  };
  const shared = { root, limits, memo, gateFor, disk, hasher, sharing: shareReads(hasher), contents };
  // Whether it could be loaded is told by the first search.
  void loadFastGlob().catch(() => undefined);
  const inFlight = new Map<Canceller, Promise<unknown>>();
  const relay = createRelay();
  let isClosed = false;
  let closed: Promise<void> | null = null;

  /** Does a piece of work that an abort or `close()` ends. */
  function perform<T>(
    signal: AbortSignal | undefined,
    work: (canceller: Canceller) => Promise<T>,
  ): Promise<T> {
    if (isClosed) throw new TypeError('Cannot inspect a run: the inspector is closed');
    const canceller = createCanceller();
    if (signal?.aborted === true) canceller.cancel(signal.reason);
    const unlisten = signal === undefined ? () => undefined : relay.listen(signal, canceller.cancel);
    const working = work(canceller);
    inFlight.set(canceller, working);
    const end = (): void => {
      inFlight.delete(canceller);
      unlisten();
    };
    return new Promise((resolve, reject) => {
      // An abort frees the caller at once; what is held is given back as soon as the storage lets go of it.
      canceller.onCancel(reject);
      working.finally(end).then(resolve, reject);
    });
  }

  /** Inspects a run, and makes of all that was found what the caller asked for. */
  async function inspect<T>(
    request: unknown,
    callOptions: InspectionOptions = {},
    conclude: (answer: Answer) => T,
  ): Promise<T> {
    const call = inspectionSettings(callOptions);
    return conclude(
      await perform(call.signal, (canceller) =>
        traceInspect(request, call.level, () => inspectRun(request, call, canceller, shared)),
      ),
    );
  }

  async function* list(filter: RunFilter = {}): AsyncGenerator<ListedRun, void, void> {
    const wanted = filterSettings(filter);
    yield* listRuns(wanted, shared, (work) => perform(wanted.signal, work));
  }

  async function shutDown(): Promise<void> {
    const reason = new TypeError('Cannot finish the inspection: the inspector was closed');
    const inspections = [...inFlight.values()];
    for (const canceller of inFlight.keys()) canceller.cancel(reason);
    await Promise.allSettled(inspections);
    await hasher.close();
  }

  function close(): Promise<void> {
    isClosed = true;
    closed ??= shutDown();
    return closed;
  }

  return {
    getBackupRun: (request, call) =>
      inspect(request, call, (answer) => keepFindings(answer, limits.findings)),
    validateBackupRun: (request, call) =>
      inspect(request, call, (answer) => judgeRestorable(answer, limits.findings)),
    listBackupRuns: list,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What one inspection is done with: the options of an inspector and of a call. */
export type GetBackupRunOptions = InspectorOptions & InspectionOptions;

/**
 * Inspects one run with an inspector of its own.
 *
 * @throws TypeError for options of a wrong type; the signal's reason after an abort.
 */
export async function getBackupRun(request: unknown, options: GetBackupRunOptions): Promise<Answer> {
  const inspector = createInspector(options);
  try {
    return await inspector.getBackupRun(request, options);
  } finally {
    const closed = inspector.close();
    if (options.signal?.aborted !== true) await closed;
  }
}
