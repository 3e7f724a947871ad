/**
 * A request comes in, the answer goes out: the whole inspection, step by step.
 *
 * request → locate → load manifests → merge → claims → measure → judge → validate contents → stray files → assemble
 */

import type { Answer, Inspected, Refused } from './answer.ts';
import { createCanceller, throwIfCancelled, type Cancellation, type Canceller } from './cancellation.ts';
import { assemble } from './assemble.ts';
import { manifestInvalid, Refusal } from './errors.ts';
import type { FindingCode } from './findings.ts';
import type { Gate } from './gate.ts';
import type { InspectionLimits } from './limits.ts';
import { isUnchanged, loadRun } from './manifest/load.ts';
import { tooMany } from './manifest/interpret.ts';
import { mergeParticipants } from './manifest/merge.ts';
import { judgeStatus } from './manifest/status.ts';
import { runIdOf, type InspectionSettings } from './request.ts';
import { pause } from './store/calls.ts';
import type { Session, SharedDisk } from './store/disk.ts';
import { mapInSlices } from './slices.ts';
import { refusalOf } from './store/errno.ts';
import { RUN_MANIFEST } from './store/layout.ts';
import { isSameEntry } from './store/pin.ts';
import { locate, type Located } from './store/resolve.ts';
import type { Root } from './store/root.ts';
import type { Search } from './store/find.ts';
import { searchRun, straysIn } from './store/stray.ts';
import type { Contents, Said } from './validators/contents.ts';
import { claimsOf } from './verify/claims.ts';
import type { Hasher } from './verify/hashing/hasher.ts';
import { judge } from './verify/judge.ts';
import { measure } from './verify/measure.ts';
import { OutOfTime } from './verify/measurement.ts';
import type { Memo } from './verify/memo.ts';
import { createMeter, type Meter } from './verify/progress.ts';
import type { Participation, Sharing } from './verify/sharing.ts';

/** What the inspections of one inspector share. */
export interface Shared {
  readonly root: Root;
  readonly limits: InspectionLimits;
  /** Bounds the inspections under way, and so their descriptors. */
  readonly gateFor: (call: InspectionSettings) => Gate;
  readonly disk: SharedDisk;
  readonly hasher: Hasher;
  readonly sharing: Sharing;
  readonly memo: Memo | null;
  readonly contents: Contents;
}

/** How often a run is inspected that is moved, or replaced, while it is. */
const ATTEMPTS = 5;

/** Milliseconds for a daemon that has written its last word, to rename the directory. */
const RENAME_PAUSE = 50;

const MISSING: ReadonlySet<FindingCode> = new Set(['ARTIFACT_MISSING', 'PARTICIPANT_MISSING']);

/**
 * Inspects the run of a request. Rejects only for a cancellation, with its reason: the canceller is the call's own, so that
 * what goes wrong in a callback can end it.
 */
export async function inspectRun(
  request: unknown,
  call: InspectionSettings,
  canceller: Canceller,
  shared: Shared,
): Promise<Answer> {
  const reads = shared.sharing.join();
  const reading = beginReading(call.timeBudgetMs, canceller);
  try {
    const runId = runIdOf(request);
    const meter = createMeter(runId, call.onProgress, canceller.cancel);
    canceller.onCancel(meter.stop);
    const leave = await shared.gateFor(call).enter(canceller);
    try {
      if (call.level !== 'none') shared.hasher.prepare();
      const inspection = {
        call,
        cancellation: canceller,
        reading: reading.canceller,
        reads,
        meter,
        shared,
        read: { bytes: 0 },
        said: new Map(),
      };
      const answer = await inspectUntilItStays(runId, inspection);
      if (answer.ok) meter.end();
      throwIfCancelled(canceller);
      return answer;
    } finally {
      meter.stop();
      leave();
    }
  } catch (thrown) {
    throwIfCancelled(canceller);
    return refused(thrown, shared.root.name);
  } finally {
    reading.end();
    reads.leave();
  }
}

/** The reading of an inspection, which ends with the call, or with `OutOfTime` when the budget is over. */
interface Reading {
  readonly canceller: Canceller;
  end(): void;
}

function beginReading(milliseconds: number | undefined, call: Cancellation): Reading {
  const canceller = createCanceller();
  const unlisten = call.onCancel(canceller.cancel);
  const timer =
    milliseconds === undefined
      ? undefined
      : setTimeout(() => canceller.cancel(new OutOfTime()), milliseconds);
  return {
    canceller,
    end() {
      clearTimeout(timer);
      unlisten();
    },
  };
}

/** What the steps of one inspection share. */
interface Inspection {
  readonly call: InspectionSettings;
  readonly cancellation: Cancellation;
  /** Of the artifacts. */
  readonly reading: Canceller;
  readonly reads: Participation;
  readonly meter: Meter;
  readonly shared: Shared;
  /** Counts the artifact bytes of all attempts. */
  readonly read: { bytes: number };
  /** By the validators, in all attempts. */
  readonly said: Said;
}

/** An error becomes an answer; so does a fault of the disk that no step has told the place of. */
function refused(thrown: unknown, path: string): Refused {
  const refusal = thrown instanceof Refusal ? thrown : refusalOf(thrown, path);
  if (refusal instanceof Refusal) return { ok: false, error: refusal.error };
  throw refusal;
}

async function inspectUntilItStays(runId: string, inspection: Inspection): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await attemptAt(runId, attempt, inspection);
    throwIfCancelled(inspection.cancellation);
    if (answer !== null) return answer;
  }
}

/** Inspects the run where it is now; null when it did not stay there and has to be looked at again. */
async function attemptAt(runId: string, attempt: number, inspection: Inspection): Promise<Answer | null> {
  const disk = inspection.shared.disk.session();
  try {
    const located = await locateNow(runId, disk, inspection);
    try {
      return await attemptIn(located, { ...inspection, disk, attempt });
    } finally {
      await disk.end(located.pin.release());
    }
  } finally {
    await disk.drain();
  }
}

async function attemptIn(located: Located, attempt: Attempt): Promise<Answer | null> {
  const outcome = await inspectLocated(located, attempt).catch((thrown: unknown) =>
    refused(thrown, located.path),
  );
  if (outcome === null || (await stays(located, attempt.disk, attempt))) return outcome;
  if (attempt.attempt < ATTEMPTS) return null;
  const issues = [{ path: '', message: 'the run was moved whenever it was read' }];
  return { ok: false, error: manifestInvalid(`${located.path}/${RUN_MANIFEST}`, issues) };
}

/** Whether the run is still the one directory of its name, in the same place. */
async function stays(located: Located, disk: Session, inspection: Inspection): Promise<boolean> {
  try {
    const again = await locateNow(located.runId, disk, inspection);
    await disk.end(again.pin.release());
    return again.directory === located.directory && isSameEntry(again.pin.stats, located.pin.stats);
  } catch (thrown) {
    if (thrown instanceof Refusal && thrown.error.code === 'BACKUP_RUN_NOT_FOUND') return false;
    throw thrown;
  }
}

async function locateNow(
  runId: string,
  disk: Session,
  { cancellation, shared }: Inspection,
): Promise<Located> {
  const at = { path: shared.root.name };
  try {
    return await disk.perform(locate(shared.root, runId, at), cancellation, ({ pin }) => pin.release());
  } catch (fault) {
    throw refusalOf(fault, at.path);
  }
}

/** One attempt of an inspection. */
interface Attempt extends Inspection {
  readonly attempt: number;
  readonly disk: Session;
}

async function inspectLocated(
  located: Located,
  { call, cancellation, reading, reads, meter, shared, read, said, disk, attempt }: Attempt,
): Promise<Inspected | null> {
  const { level } = call;
  const { hasher, memo, limits, contents } = shared;

  const loaded = await loadRun(disk, located, limits, cancellation);
  const judgedStatus = judgeStatus(located.directory, loaded.head.status);
  // Between the last word of the manifest and the rename they legally differ for a moment.
  if (judgedStatus.conflict && attempt === 1) {
    await disk.perform(pause(RENAME_PAUSE), cancellation);
    return null;
  }

  const isRunning = judgedStatus.status === 'running';
  const places = mergeParticipants(loaded, located.path, isRunning);
  const records = places.flatMap((place) => place.record ?? []);
  const artifacts = records.reduce((sum, record) => sum + record.artifacts.length, 0);
  const excess = tooMany(limits.artifacts, 'artifacts', artifacts);
  if (excess !== null) {
    throw new Refusal(manifestInvalid(`${located.path}/${RUN_MANIFEST}`, [{ path: '', message: excess }]));
  }
  const claims = await claimsOf(records, located.runId);

  const onBytes = (count: number): void => {
    read.bytes += count;
  };
  const claimed = claims.map(({ path }) => path);
  // The directory is searched while threads read the files.
  const [measured, search] = await Promise.all([
    measure(claims, {
      run: located,
      level,
      disk,
      hasher,
      reads,
      memo,
      cancellation: reading,
      isHurried: call.timeBudgetMs !== undefined,
      meter,
      onBytes,
    }),
    isRunning ? NOTHING : searchRun(disk, located, claimed, cancellation).catch(endReading(reading)),
  ]);
  const judged = await mapInSlices(claims, (claim) =>
    judge(claim, measured.get(claim.path) ?? null, level, located.path),
  );

  // Of a run that is being deleted that is what is told, and not what is gone already.
  const isMissing = [...places, ...judged].some((each) =>
    each.findings.some(({ code }) => MISSING.has(code)),
  );
  if (isMissing && attempt < ATTEMPTS) {
    if (!(await isUnchanged(disk, located, loaded, limits, cancellation))) return null;
  }

  const isHurried = call.timeBudgetMs !== undefined;
  const validated = await contents.check(
    { claims, judged, measured },
    { run: located, disk, cancellation: reading, isHurried, meter, onBytes, said },
  );

  const told = [...places, ...validated].flatMap((each) => each.findings.flatMap(({ path }) => path ?? []));
  const strays = straysIn(
    { found: search.found, unlistable: [...loaded.unlistable, ...search.unlistable] },
    located,
    { told, most: limits.findings },
  );
  const wholly = loaded.wholly && strays.wholly;
  return assemble(
    { located, loaded, judgedStatus, places, judged: validated, stray: strays.findings },
    { level, bytesRead: read.bytes, strayTotal: strays.total, wholly },
  );
}

const NOTHING: Search = { found: [], unlistable: [] };

/** What keeps an inspection from an answer ends the reading that goes on beside it. */
function endReading(reading: Canceller): (reason: unknown) => never {
  return (reason) => {
    reading.cancel(reason);
    throw reason;
  };
}
