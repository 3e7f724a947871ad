/**
 * Inspects one run, step by step. The summary of the product:
 *
 * request → locate and load (a job) → claims → look, read and hash; search for unlisted files (jobs) → judge → validate contents
 * → assemble → confirm that the run still stands there (a job) → answer
 */

import { throwIfCancelled, type Canceller } from '../concurrency/abort.ts';
import { createYield, mapInSlices } from '../concurrency/cooperative.ts';
import { createOutcomeCache } from '../content/outcome-cache.ts';
import type { HeldRun } from '../jobs/disk.ts';
import { decodeClaims, type Claim } from '../manifest/claims.ts';
import type { Answer, Inspected } from '../model/answer.ts';
import type { Finding, FindingCode } from '../model/findings.ts';
import { judge, type Judged } from '../verify/judge.ts';
import { OutOfTime } from '../verify/measurement.ts';
import { createMeter } from '../verify/progress.ts';
import { assemble } from './assemble.ts';
import { measureAndSearch } from './measure-and-search.ts';
import type { InspectionSettings } from './options.ts';
import { runIdOf } from './request.ts';
import { refused, retryWhileMoving, type Attempt } from './retry-while-moving.ts';
import { artifactAccessOf, type RunContext, type Shared } from './run-context.ts';
import { beginTimedWork, outOfTime, unlessOutOfTime, withClosingTime } from './time-budget.ts';
import { unlistedFindings } from './unlisted-findings.ts';
import { nextTurn } from '../concurrency/clock.ts';

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
  const reads = shared.sharedReads.begin();
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
        outcomes: createOutcomeCache(),
      };
      const answer = await retryWhileMoving(runId, { ...shared, cancellation: timed.canceller }, (attempt) =>
        inspectHeld(context, attempt),
      );
      if (answer.ok) {
        meter.end();
        // A promise that the last report was answered with may have rejected.
        if (call.onProgress !== undefined) await nextTurn();
      }
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
    reads.end();
  }
}

/** The pipeline; null when the run has to be loaded once more. */
async function inspectHeld(context: RunContext, { loaded, isLast }: Attempt): Promise<Inspected | null> {
  const { call, shared, read } = context;
  const { run, entries } = loaded;
  const claims = await decodeAllClaims(loaded);
  const { measured, unlisted } = await measureAndSearch(claims, loaded, context);
  const judged = await mapInSlices(claims, (claim) =>
    judge(claim, measured.get(claim.path) ?? null, call.level, run.path),
  );
  // A run that is being deleted is reported as that, and not as what is gone already.
  const isMissing = isMissingSomething([...entries, ...judged]);
  if (isMissing && !isLast && !(await isRunUnchanged(loaded, context))) return null;

  const validated = await shared.contents.check(
    { claims, judged, measured },
    artifactAccessOf(loaded, context),
  );
  const confirmed = await unlessOutOfTime(shared.disk.confirm(loaded, context.closing));
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
async function decodeAllClaims({ claims }: HeldRun): Promise<readonly Claim[]> {
  const all: Claim[] = [];
  const yieldIfDue = createYield();
  for (const slice of decodeClaims(claims)) {
    all.push(...slice);
    await yieldIfDue();
  }
  return all;
}

/** Whether the run and its record still stand as they were loaded. */
async function isRunUnchanged(loaded: HeldRun, { shared, closing }: RunContext): Promise<boolean> {
  const now = await shared.disk.confirm(loaded, closing);
  return now.type === 'stays' && now.isUnchanged;
}

function isMissingSomething(
  found: readonly (Pick<Judged, 'findings'> | { readonly findings: readonly Finding[] })[],
): boolean {
  return found.some(({ findings }) => findings.some(({ code }) => MISSING.has(code)));
}
