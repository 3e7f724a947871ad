/**
 * A request comes in, the answer goes out: the whole inspection, step by step.
 *
 * request → locate → load manifests → merge → claims → measure → judge → validate contents → stray files → assemble
 */

import type { Answer, Inspected } from './answer.ts';
import { assemble } from './assemble.ts';
import { createCanceller, throwIfCancelled, type Cancellation, type Canceller } from './cancellation.ts';
import { manifestInvalid, Refusal } from './errors.ts';
import type { Finding, FindingCode } from './findings.ts';
import type { Gate } from './gate.ts';
import type { InspectionLimits } from './limits.ts';
import type { ParticipantRecord } from './manifest/format.ts';
import { tooMany } from './manifest/interpret.ts';
import { isUnchanged, loadRun } from './manifest/load.ts';
import { mergeParticipants, type Place } from './manifest/merge.ts';
import { judgeStatus } from './manifest/status.ts';
import { runIdOf, type InspectionSettings } from './request.ts';
import { mapInSlices } from './slices.ts';
import { pause } from './store/calls.ts';
import type { SharedDisk } from './store/disk.ts';
import type { Search } from './store/find.ts';
import { runManifestPath } from './store/layout.ts';
import type { Located } from './store/resolve.ts';
import type { Root } from './store/root.ts';
import { searchRun, straysIn } from './store/stray.ts';
import { beginReading, enterInTime } from './time-budget.ts';
import type { Checking, Contents } from './validators/contents.ts';
import { createSaid, type Said } from './validators/said.ts';
import { claimsOf, type Claim } from './verify/claims.ts';
import type { Hasher } from './verify/hashing/hasher.ts';
import { judge } from './verify/judge.ts';
import { measure } from './verify/measure.ts';
import type { Measurements } from './verify/measurement.ts';
import type { Memo } from './verify/memo.ts';
import { createMeter, type Meter } from './verify/progress.ts';
import type { Participation, Sharing } from './verify/sharing.ts';
import { refused, visitRun, type Visit } from './visit-run.ts';

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
    const leave = await enterInTime(call, reading.canceller, canceller, shared.gateFor);
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
        said: createSaid(),
      };
      const answer = await visitRun(runId, { ...shared, cancellation: canceller }, (visit) =>
        inspectVisited({ ...inspection, ...visit }),
      );
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

/** One visit of an inspection. */
interface Visited extends Inspection, Visit {}

/** The pipeline; null when the run has to be visited once more. */
async function inspectVisited(inspection: Visited): Promise<Inspected | null> {
  const { call, cancellation, shared, read, located, disk, attempt, isLast } = inspection;
  const { limits } = shared;

  const loaded = await loadRun(disk, located, limits, cancellation);
  const judgedStatus = judgeStatus(located.directory, loaded.head.status);
  // Between the last word of the manifest and the rename they legally differ for a moment.
  if (judgedStatus.conflict && attempt === 1) {
    await disk.perform(pause(RENAME_PAUSE), cancellation);
    return null;
  }

  const isRunning = judgedStatus.status === 'running';
  const places = mergeParticipants(loaded, located.path, isRunning);
  const claims = await claimsOf(recordsOf(places, located, limits), located.runId);

  const { measured, search } = await lookAndSearch(claims, isRunning, inspection);
  const judged = await mapInSlices(claims, (claim) =>
    judge(claim, measured.get(claim.path) ?? null, call.level, located.path),
  );
  // Of a run that is being deleted that is what is told, and not what is gone already.
  const isUnsure = !isLast && isMissingSomething([...places, ...judged]);
  if (isUnsure && !(await isUnchanged(disk, located, loaded, limits, cancellation))) return null;

  const validated = await shared.contents.check({ claims, judged, measured }, readingOf(inspection));

  const told = [...places, ...validated].flatMap((each) => each.findings.flatMap(({ path }) => path ?? []));
  const strays = straysIn(
    { found: search.found, unlistable: [...loaded.unlistable, ...search.unlistable] },
    located,
    { told, most: limits.findings },
  );
  const wholly = loaded.wholly && strays.wholly;
  return assemble(
    { located, loaded, judgedStatus, places, judged: validated, stray: strays.findings },
    { level: call.level, bytesRead: read.bytes, strayTotal: strays.total, wholly },
  );
}

/** The records of all participants; throws a `Refusal` when they claim too much together. */
function recordsOf(
  places: readonly Place[],
  { path }: Located,
  limits: InspectionLimits,
): ParticipantRecord[] {
  const records = places.flatMap((place) => place.record ?? []);
  const artifacts = records.reduce((sum, record) => sum + record.artifacts.length, 0);
  const excess = tooMany(limits.artifacts, 'artifacts', artifacts);
  if (excess === null) return records;
  throw new Refusal(manifestInvalid(runManifestPath(path), [{ path: '', message: excess }]));
}

const NOTHING: Search = { found: [], unlistable: [] };

/** Measures what is claimed, and searches the directory meanwhile for what nobody claims. */
async function lookAndSearch(
  claims: readonly Claim[],
  isRunning: boolean,
  inspection: Visited,
): Promise<{ readonly measured: Measurements; readonly search: Search }> {
  const { call, shared, reads, reading, located, disk, cancellation } = inspection;
  const { hasher, memo } = shared;
  const claimed = claims.map(({ path }) => path);
  const searching = createCanceller();
  const unlisten = cancellation.onCancel(searching.cancel);
  const search = isRunning
    ? Promise.resolve(NOTHING)
    : searchRun(disk, located, claimed, searching).catch(endReading(reading));
  try {
    const measured = await measure(claims, {
      ...readingOf(inspection),
      level: call.level,
      hasher,
      reads,
      memo,
    });
    return { measured, search: await search };
  } catch (reason) {
    // Without an answer nothing is looked for any more, and nothing may be held.
    searching.cancel(reason);
    await search.catch(() => undefined);
    throw reason;
  } finally {
    unlisten();
  }
}

/** How artifacts are read, to be measured and to be validated. */
function readingOf({ call, reading, located, disk, meter, read, said }: Visited): Checking {
  return {
    run: located,
    disk,
    cancellation: reading,
    isHurried: call.timeBudgetMs !== undefined,
    meter,
    onBytes: (count) => {
      read.bytes += count;
    },
    said,
  };
}

function isMissingSomething(found: readonly { readonly findings: readonly Finding[] }[]): boolean {
  return found.some(({ findings }) => findings.some(({ code }) => MISSING.has(code)));
}

/** What keeps an inspection from an answer ends the reading that goes on beside it. */
function endReading(reading: Canceller): (reason: unknown) => never {
  return (reason) => {
    reading.cancel(reason);
    throw reason;
  };
}
