/** Options come in, an inspector goes out: what its calls share, and how long that lives. */

import { createCanceller, createRelay, type Canceller } from './cancellation.ts';
import { traceInspect } from './diagnostics.ts';
import { createGate, type Gate } from './gate.ts';
import { inspectRun } from './inspect-run.ts';
import type { Answer } from './model.ts';
import {
  inspectionSettings,
  inspectorSettings,
  type InspectionOptions,
  type InspectionSettings,
  type InspectorOptions,
} from './request.ts';
import { createDisk } from './store/disk.ts';
import { loadFastGlob } from './store/find.ts';
import { createRoot } from './store/root.ts';
import { createHasher } from './verify/hashing/create-hasher.ts';
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
  /** Aborts what is in flight, resolves when nothing is held any more. May be called twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Inspections under way at once: each holds up to eight descriptors, and a process may have no more than 256. Those that hash
 * without a limit of time may take hours, and must not keep the quick ones waiting.
 */
const AT_ONCE = { long: 12, quick: 4 } as const;

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
  const hasher = createHasher(settings);
  const gates = { long: createGate(AT_ONCE.long), quick: createGate(AT_ONCE.quick) };
  const gateFor = ({ level, timeBudgetMs }: InspectionSettings): Gate =>
    level === 'digest' && timeBudgetMs === undefined ? gates.long : gates.quick;
  const shared = { root, limits, memo, gateFor, disk, hasher, sharing: shareReads(hasher) };
  // Whether it could be loaded is told by the first search.
  void loadFastGlob().catch(() => undefined);
  const inFlight = new Map<Canceller, Promise<unknown>>();
  const relay = createRelay();
  let isClosed = false;
  let closed: Promise<void> | null = null;

  async function inspect(request: unknown, callOptions: InspectionOptions = {}): Promise<Answer> {
    const call = inspectionSettings(callOptions);
    if (isClosed) throw new TypeError('Cannot inspect a run: the inspector is closed');
    const canceller = createCanceller();
    if (call.signal?.aborted === true) canceller.cancel(call.signal.reason);
    const unlisten =
      call.signal === undefined ? () => undefined : relay.listen(call.signal, canceller.cancel);
    const inspection = traceInspect(request, call.level, () => inspectRun(request, call, canceller, shared));
    inFlight.set(canceller, inspection);
    const end = (): void => {
      inFlight.delete(canceller);
      unlisten();
    };
    return new Promise((resolve, reject) => {
      // An abort frees the caller at once; what is held is given back as soon as the storage lets go of it.
      canceller.onCancel(reject);
      inspection.finally(end).then(resolve, reject);
    });
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

  return { getBackupRun: inspect, close, [Symbol.asyncDispose]: close };
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
