/**
 * Inspects one run, step by step. The summary of the product:
 *
 * request → locate and load (a job) → claims → look, read and hash; search for unlisted files (jobs) → judge → validate contents
 * → assemble → confirm that the run still stands there (a job) → answer
 */

import type { Answer, Inspected } from '../model/answer.ts';
import {
  createCanceller,
  endWork,
  throwIfCancelled,
  type Cancellation,
  type Canceller,
} from '../concurrency/abort.ts';
import { createYield, mapInSlices } from '../concurrency/cooperative.ts';
import type { Semaphore } from '../concurrency/semaphore.ts';
import type { Finding, FindingCode } from '../model/findings.ts';
import type { Disk, HeldRun } from '../jobs/disk.ts';
import type { InspectionLimits } from '../model/limits.ts';
import { decodeClaims, type Claim } from '../manifest/claims.ts';
import type { FoundUnlisted } from '../repository/unlisted.ts';
import { createSaid, type Said } from '../content/outcome-cache.ts';
import type { Checking, Contents } from '../content/run-validators.ts';
import { judge, type Judged } from '../verify/judge.ts';
import { measure } from '../verify/measure.ts';
import { OutOfTime, type Measurements } from '../verify/measurement.ts';
import type { Memo } from '../verify/memo.ts';
import { createMeter, type Meter } from '../verify/progress.ts';
import type { Participation, SharedReads } from '../verify/shared-reads.ts';
import { assemble } from './assemble.ts';
import { runIdOf, type InspectionSettings } from './options.ts';
import { refused, retryWhileMoving, type Visit } from './retry-while-moving.ts';
import { beginTimedWork, outOfTime, unlessOutOfTime, withClosingTime } from './time-budget.ts';
import { NOTHING_UNLISTED, unlistedFindings } from './unlisted-findings.ts';

/** What the inspections of one inspector share. */
export interface Shared {
  readonly rootName: string;
  readonly limits: InspectionLimits;
  /** Bounds the inspections under way, and so their descriptors. */
  readonly semaphoreFor: (call: InspectionSettings) => Semaphore;
  readonly disk: Disk;
  readonly sharedReads: SharedReads;
  readonly memo: Memo | null;
  readonly contents: Contents;
}

const MISSING: ReadonlySet<FindingCode> = new Set(['ARTIFACT_MISSING', 'PARTICIPANT_MISSING']);

/**
 * Inspects the run of a request. Rejects only for a cancellation, with its reason: the canceller is the call's own, so that what
 * goes wrong in a callback can end it.
 */
export async function inspectRun(
  request: unknown,
  call: InspectionSettings,
  canceller: Canceller,
  shared: Shared,
): Promise<Answer> {
  const reads = shared.sharedReads.join();
  const timed = beginTimedWork(call.timeBudgetMs, canceller);
  const closing = beginTimedWork(withClosingTime(call.timeBudgetMs), canceller);
  try {
    const runId = runIdOf(request);
    const meter = createMeter(runId, call.onProgress, canceller.cancel);
    canceller.onCancel(meter.stop);
    const release = await shared.semaphoreFor(call).acquire(timed.canceller);
    try {
      const context: RunContext = {
        call,
        cancellation: canceller,
        timed: timed.canceller,
        closing: closing.canceller,
        reads,
        meter,
        shared,
        read: { bytes: 0 },
        said: createSaid(),
      };
      const answer = await retryWhileMoving(runId, { ...shared, cancellation: timed.canceller }, (visit) =>
        inspectHeld(context, visit),
      );
      if (answer.ok) meter.end();
      throwIfCancelled(canceller);
      return answer;
    } finally {
      meter.stop();
      release();
    }
  } catch (thrown) {
    throwIfCancelled(canceller);
    return refused(outOfTime(thrown), shared.rootName);
  } finally {
    timed.end();
    closing.end();
    reads.leave();
  }
}

/** What the steps of one inspection share. */
interface RunContext {
  readonly call: InspectionSettings;
  readonly cancellation: Cancellation;
  /** The work on the disk: ends with the call, or when the time budget is over. */
  readonly timed: Canceller;
  /** What is left to do when it is over. */
  readonly closing: Cancellation;
  readonly reads: Participation;
  readonly meter: Meter;
  readonly shared: Shared;
  /** Counts the artifact bytes of all attempts. */
  readonly read: { bytes: number };
  /** By the validators, in all attempts. */
  readonly said: Said;
}

/** The pipeline; null when the run has to be loaded once more. */
async function inspectHeld(context: RunContext, { loaded, isLast }: Visit): Promise<Inspected | null> {
  const { call, shared, read } = context;
  const { run, entries } = loaded;
  const claims = await claimsOf(loaded);
  const { measured, unlisted } = await lookAndSearch(claims, loaded, context);
  const judged = await mapInSlices(claims, (claim) =>
    judge(claim, measured.get(claim.path) ?? null, call.level, run.path),
  );
  // Of a run that is being deleted that is what is told, and not what is gone already.
  const isMissing = isMissingSomething([...entries, ...judged]);
  if (isMissing && !isLast && !(await isUnchanged(loaded, context))) return null;

  const validated = await shared.contents.check({ claims, judged, measured }, checkingOf(loaded, context));
  const confirmed = await unlessOutOfTime(shared.disk.confirm(run, context.closing));
  if (confirmed?.type === 'moved') return null;
  if (confirmed === null && isMissing) throw new OutOfTime();

  const about = (): string[] =>
    [...entries, ...validated].flatMap((each) => each.findings.flatMap(({ path }) => path ?? []));
  const other = unlistedFindings(unlisted, loaded, {
    about,
    isOutOfTime: confirmed === null || unlisted === null,
    most: shared.limits.findings,
  });
  return assemble(
    { loaded, judged: validated, unlisted: other.findings },
    {
      level: call.level,
      bytesRead: read.bytes,
      unlistedTotal: other.total,
      isComplete: loaded.isComplete && other.isComplete,
    },
  );
}

/** All claims, parsed a slice at a time. */
async function claimsOf({ claims }: HeldRun): Promise<readonly Claim[]> {
  const all: Claim[] = [];
  const yieldIfDue = createYield();
  for (const slice of decodeClaims(claims)) {
    all.push(...slice);
    await yieldIfDue();
  }
  return all;
}

/** Whether the run and its record still stand as they were loaded. */
async function isUnchanged({ run, revision }: HeldRun, { shared, closing }: RunContext): Promise<boolean> {
  const now = await shared.disk.confirm(run, closing);
  return now.type === 'stays' && now.revision === revision;
}

/** What was measured, and what nobody claims; that is null when there was no time to find it all. */
interface Looked {
  readonly measured: Measurements;
  readonly unlisted: FoundUnlisted | null;
}

/** Measures what is claimed, and searches the directory meanwhile for what nobody claims. */
async function lookAndSearch(
  claims: readonly Claim[],
  loaded: HeldRun,
  context: RunContext,
): Promise<Looked> {
  const { call, shared, reads, timed, cancellation } = context;
  const isRunning = loaded.status.status === 'running';
  const searching = createCanceller();
  const unlisten = timed.onCancel(searching.cancel);
  const paths = [...new Set(claims.flatMap(({ path }) => (path === '' ? [] : path)))];
  const request = { claimed: paths.join('\0'), most: shared.limits.findings };
  const search = async (starts: readonly string[]): Promise<FoundUnlisted | null> =>
    isRunning || starts.length === 0
      ? NOTHING_UNLISTED
      : unlessOutOfTime(shared.disk.search(loaded.run, { ...request, starts }, searching));
  // What is not looked at may be a directory, which holds what nobody claims.
  const first = search(call.level === 'none' ? ['', ...paths] : ['']).catch(endWork(timed));
  // It may fail while what goes on beside it has not ended: that is told when it has.
  first.catch(() => undefined);
  try {
    const measured = await measure(claims, {
      ...checkingOf(loaded, context),
      revision: loaded.revision,
      cancellation: timed,
      level: call.level,
      reads,
      memo: isRunning ? null : shared.memo,
    });
    const found = await first;
    const inside = await search(call.level === 'none' ? [] : directoriesAmong(measured));
    return { measured, unlisted: found && inside && joined(found, inside) };
  } catch (reason) {
    // Without an answer nothing is looked for any more, and nothing may be held.
    searching.cancel(reason);
    await first.catch(() => undefined);
    throwIfCancelled(cancellation);
    throw reason;
  } finally {
    unlisten();
  }
}

/** Claimed paths at which a directory stands. */
function directoriesAmong(measured: Measurements): string[] {
  const found: string[] = [];
  for (const [path, each] of measured)
    if (each.type === 'not-regular' && each.kind === 'directory') found.push(path);
  return found;
}

function joined(a: FoundUnlisted, b: FoundUnlisted): FoundUnlisted {
  return {
    paths: [...a.paths, ...b.paths],
    total: a.total + b.total,
    unlistable: [...a.unlistable, ...b.unlistable],
    unlistableTotal: a.unlistableTotal + b.unlistableTotal,
  };
}

/** How artifacts are read, to be measured and to be validated. */
function checkingOf({ run }: HeldRun, { call, shared, timed, meter, read, said }: RunContext): Checking {
  return {
    run,
    disk: shared.disk,
    cancellation: timed,
    isHurried: call.timeBudgetMs !== undefined,
    meter,
    onBytes: (count) => {
      read.bytes += count;
    },
    said,
  };
}

function isMissingSomething(
  found: readonly (Pick<Judged, 'findings'> | { readonly findings: readonly Finding[] })[],
): boolean {
  return found.some(({ findings }) => findings.some(({ code }) => MISSING.has(code)));
}
