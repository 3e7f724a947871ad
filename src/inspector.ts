/** An inspector: what its calls share, and how long that lives. */

import type { Answer, ListedRun, ListedRunId, Validation } from './model/answer.ts';
import { keepFindings } from './inspect/assemble.ts';
import { createInFlight } from './concurrency/in-flight.ts';
import { publishFallback, traceInspect } from './diagnostics.ts';
import { inspectRun } from './inspect/inspect-run.ts';
import { filterSettings, runIdsSignal, type RunFilter, type RunIdsOptions } from './listing/filter.ts';
import { listRunIds } from './listing/list-run-ids.ts';
import { listRuns } from './listing/list-runs.ts';
import { createSemaphores } from './inspect/semaphores.ts';
import {
  bothSettings,
  inspectionSettings,
  inspectorSettings,
  type InspectionOptions,
  type InspectorOptions,
  type InspectorSettings,
} from './inspect/options.ts';
import type { BackupRunRequest } from './inspect/request.ts';
import { judgeRestorable } from './inspect/restorable.ts';
import { createRoot } from './fs/root.ts';
import { createRateLimit } from './hashing/rate-limit.ts';
import { createDisk } from './jobs/create-disk.ts';
import type { Disk } from './jobs/disk.ts';
import { createInProcess } from './jobs/in-process.ts';
import { createPool } from './jobs/pool.ts';
import { WORKER_SOURCE } from './jobs/worker-source.generated.ts';
import { shareReads } from './verify/shared-reads.ts';
import { createContentCheck } from './content/run-validators.ts';

/** Inspects the runs of one backups directory. */
export interface Inspector {
  /**
   * Finds a run by its id, reads its manifests, recomputes size and SHA-256 of every artifact, and answers with the run
   * or with the reason why there is none. Reads only, and changes nothing.
   *
   * @param request - may come from anywhere: what is no request is answered with `INVALID_DATA` or `BACKUP_RUN_NOT_FOUND`.
   * @throws TypeError for options of a wrong type, and after `close()`; the signal's reason after an abort.
   */
  getBackupRun(request: BackupRunRequest, options?: InspectionOptions): Promise<Answer>;
  /**
   * Inspects a run in the same way, and answers whether it is a restore point: completed, without a finding of severity
   * error, and verified completely, which only the level `digest` can tell.
   *
   * @param request - may come from anywhere: what is no request is answered with `INVALID_DATA` or `BACKUP_RUN_NOT_FOUND`.
   * @returns the run, or the error; `BACKUP_RUN_NOT_RESTORABLE` has the run and the reasons.
   * @throws TypeError for options of a wrong type, and after `close()`; the signal's reason after an abort.
   */
  validateBackupRun(request: BackupRunRequest, options?: InspectionOptions): Promise<Validation>;
  /**
   * Lists runs by their manifests, newest first by `started_at`, ties by run id descending. A run that cannot be read is a row
   * with its error, before the first readable run with a smaller id, passes every filter and does not count in `limit`. What could not
   * be listed at all (the root, a status directory) comes first, with the run id `""`. Between two rows nothing is held.
   *
   * With `limit` only as many manifests are read as the order needs, where run ids begin with a date and a time.
   *
   * @throws TypeError, with the first row, for a filter of a wrong type and after `close()`; the signal's reason after an abort.
   */
  listBackupRuns(filter?: RunFilter): AsyncGenerator<ListedRun, void, void>;
  /**
   * Lists the ids of all runs without reading a manifest, descending, with the status directories where they stand. What could
   * not be listed comes first, with the run id `""`; a directory that looks like a run, but whose name can be no run id, is a
   * row with `BACKUP_RUN_UNSAFE`.
   *
   * @throws TypeError, with the first row, for options of a wrong type and after `close()`; the signal's reason after an abort.
   */
  listRunIds(options?: RunIdsOptions): AsyncGenerator<ListedRunId, void, void>;
  /** Aborts what is in flight, resolves when nothing is held any more. May be called twice. */
  close(): Promise<void>;
  /** Is `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Creates an inspector. Nothing starts before its first call and nothing lives after `close()`.
 *
 * @throws TypeError for options of a wrong type, and for unknown ones.
 */
export function createInspector(options: InspectorOptions): Inspector {
  return inspectorWith(inspectorSettings(options));
}

function inspectorWith(settings: InspectorSettings): Inspector {
  const { limits, memo } = settings;
  const { disk, rootName } = diskFor(settings);
  const contents = createContentCheck(settings);
  const semaphoreFor = createSemaphores();
  const shared = { rootName, limits, memo, semaphoreFor, disk, sharedReads: shareReads(disk), contents };
  const inFlight = createInFlight();
  let closed: Promise<void> | null = null;

  /** Inspects a run, and makes of all that was found what the caller asked for. */
  async function inspect<T>(
    request: unknown,
    callOptions: InspectionOptions = {},
    conclude: (answer: Answer) => T,
  ): Promise<T> {
    const call = inspectionSettings(callOptions);
    return conclude(
      await inFlight.perform(call.signal, (canceller) =>
        traceInspect(request, call.level, () => inspectRun(request, call, canceller, shared)),
      ),
    );
  }

  async function* list(filter: RunFilter = {}): AsyncGenerator<ListedRun, void, void> {
    const wanted = filterSettings(filter);
    yield* listRuns(wanted, shared, (work) => inFlight.perform(wanted.signal, work));
  }

  async function* listIds(options: RunIdsOptions = {}): AsyncGenerator<ListedRunId, void, void> {
    const signal = runIdsSignal(options);
    yield* listRunIds(shared, (work) => inFlight.perform(signal, work));
  }

  function close(): Promise<void> {
    closed ??= inFlight.close().then(() => disk.close());
    return closed;
  }

  return {
    getBackupRun: (request, call) =>
      inspect(request, call, (answer) => keepFindings(answer, limits.findings)),
    validateBackupRun: (request, call) =>
      inspect(request, call, (answer) => judgeRestorable(answer, limits.findings)),
    listBackupRuns: list,
    listRunIds: listIds,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The disk of an inspector, and what answers call its root. */
function diskFor({ root: path, threads, stallTimeoutMs, maxBytesPerSecond }: InspectorSettings): {
  readonly disk: Disk;
  readonly rootName: string;
} {
  const root = createRoot(path);
  const rateLimit = createRateLimit(maxBytesPerSecond);
  const pool = createPool({
    threads,
    stallTimeoutMs,
    root: path,
    rateLimit,
    source: WORKER_SOURCE,
    inProcess: createInProcess(root, rateLimit),
    onFallback: publishFallback,
  });
  return { disk: createDisk({ pool, rootName: root.name, stallTimeoutMs }), rootName: root.name };
}

/** What one inspection is done with: the options of an inspector and of a call. */
export type GetBackupRunOptions = InspectorOptions & InspectionOptions;

/**
 * Inspects one run with an inspector of its own.
 *
 * @param request - may come from anywhere: what is no request is answered with `INVALID_DATA` or `BACKUP_RUN_NOT_FOUND`.
 * @param options - of the inspector and of the inspection, in one object.
 * @throws TypeError for options of a wrong type; the signal's reason after an abort.
 */
export async function getBackupRun(request: BackupRunRequest, options: GetBackupRunOptions): Promise<Answer> {
  const { settings, call } = bothSettings(options);
  const inspector = inspectorWith(settings);
  try {
    return await inspector.getBackupRun(request, call);
  } finally {
    const closed = inspector.close();
    if (call.signal?.aborted !== true) await closed;
  }
}
