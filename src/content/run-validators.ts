/**
 * Runs the validators on the artifacts of a run whose integrity was verified: few at a time, and once in a call, also where
 * the run moves meanwhile.
 */

import { createCanceller, endWork, type Cancellation } from '../concurrency/abort.ts';
import { createSemaphore, type Semaphore } from '../concurrency/semaphore.ts';
import { forEachConcurrently, mapInSlices } from '../concurrency/cooperative.ts';
import type { Claim } from '../manifest/claims.ts';
import type { Disk } from '../jobs/disk.ts';
import type { RunAddress } from '../repository/open-run.ts';
import { CHUNK } from '../hashing/hash-file.ts';
import { chunkAt } from '../hashing/rate-limit.ts';
import { compareUrgency, type Urgency } from '../verify/claimed-file.ts';
import type { Judged } from '../verify/judge.ts';
import { OutOfTime, type Measurements } from '../verify/measurement.ts';
import type { Meter } from '../verify/progress.ts';
import { applyOutcomes } from './apply-outcomes.ts';
import type { Outcome } from './call-validator.ts';
import { validateArtifact, type Subject, type Validating } from './validate-artifact.ts';
import type { ArtifactSource } from './artifact-reader.ts';
import type { OutcomeCache } from './outcome-cache.ts';
import type { Validator } from './validator.ts';

const NOT_VALIDATED_IN_TIME: Outcome = { type: 'skipped', why: 'the time budget is over' };

/** Artifacts that are validated at once: each may have a thread, some chunks, a private copy. */
const VALIDATIONS_AT_ONCE = 2;

/** What validations are done with. */
export interface ContentsSettings {
  readonly validators: readonly Validator[];
  /** Absolute path of the backups directory. */
  readonly root: string;
  readonly stallTimeoutMs: number;
  /** Bytes a second, or null. */
  readonly maxBytesPerSecond: number | null;
}

/** What an inspection found out before. */
export interface Measured {
  readonly claims: readonly Claim[];
  /** One for each claim. */
  readonly judged: readonly Judged[];
  /** By path from the run directory. */
  readonly measured: Measurements;
}

/** How artifacts of one run are reached, to be measured and to be validated. */
export interface ArtifactAccess {
  readonly run: RunAddress;
  readonly disk: Disk;
  /** With `OutOfTime` when the budget is over. */
  readonly cancellation: Cancellation;
  /** Whether there may not be time for everything: then what matters most comes first. */
  readonly isHurried: boolean;
  readonly meter: Meter;
  /** Takes the bytes of every chunk that is read. */
  readonly onBytes: (count: number) => void;
  readonly cache: OutcomeCache;
}

/** Checks the contents of artifacts. */
export interface ContentCheck {
  /** The judged artifacts in their order; rejects for a cancellation, with its reason, and when the inspection cannot go on. */
  check(measured: Measured, access: ArtifactAccess): Promise<readonly Judged[]>;
}

/** A claim to an artifact that may be validated. */
interface Claimed extends Subject {
  readonly judged: Judged;
  readonly claim: Claim;
}

export function createContentCheck(settings: ContentsSettings): ContentCheck {
  const { validators, root, stallTimeoutMs } = settings;
  const slots = createSemaphore(VALIDATIONS_AT_ONCE);

  async function check(found: Measured, access: ArtifactAccess): Promise<readonly Judged[]> {
    if (validators.length === 0) return found.judged;
    const subjects = await subjectsOf(found);
    const wanted = subjects.filter(({ verified }) => verified !== null && verified.size > 0);
    const beside = findBeside(subjects);
    const outcomes = new Map<Subject, readonly Outcome[]>();
    const ordered = access.isHurried
      ? wanted.toSorted((a, b) => compareUrgency(urgencyOfSubject(a), urgencyOfSubject(b)))
      : wanted;
    await forEachUntilFailure(ordered, access.cancellation, async (subject, cancellation) => {
      const source = sourceFor(subject, access, settings);
      const validating = { validators, stallTimeoutMs, root, source, cancellation, beside };
      outcomes.set(subject, await validateOnce(subject, validating, access.cache, slots));
    });
    return mapInSlices(subjects, (subject) => {
      const its = outcomes.get(subject);
      return its === undefined
        ? subject.judged
        : applyOutcomes(subject.judged, subject.claim.participant, its);
    });
  }

  return { check };
}

function sourceFor(
  { claim }: Claimed,
  { run, disk, meter, onBytes }: ArtifactAccess,
  { maxBytesPerSecond }: ContentsSettings,
): ArtifactSource {
  return {
    run,
    disk,
    chunk: chunkAt(maxBytesPerSecond, CHUNK),
    onBytes(count) {
      onBytes(count);
      // Its bytes were counted when it was hashed.
      meter.read(claim.participant, claim.record.logical_name, 0);
    },
  };
}

/** Validates an artifact, unless an earlier attempt of this call came to a verdict about it. */
async function validateOnce(
  subject: Subject,
  validating: Validating,
  cache: OutcomeCache,
  slots: Semaphore,
): Promise<readonly Outcome[]> {
  const before = cache.recall(subject, validating.beside);
  if (before !== null) return before;
  let release: (() => void) | null = null;
  try {
    release = await slots.acquire(validating.cancellation);
    const { beside, keep } = cache.follow(subject, validating.beside);
    const outcomes = await validateArtifact(subject, { ...validating, beside });
    const isSettled = outcomes.length > 0 && outcomes.every(({ type }) => type !== 'skipped');
    if (isSettled) keep(outcomes);
    return outcomes;
  } catch (reason) {
    if (reason instanceof OutOfTime) return [NOT_VALIDATED_IN_TIME];
    throw reason;
  } finally {
    release?.();
  }
}

function subjectsOf({ claims, judged: all, measured }: Measured): Promise<Claimed[]> {
  const left = all.values();
  return mapInSlices(claims, (claim) => {
    const judged = left.next().value;
    if (judged === undefined) throw new Error('a claim was not judged');
    const { artifact } = judged;
    const { path } = claim;
    const measurement = measured.get(path);
    const isSound = artifact.integrity_ok && path !== '' && measurement?.type === 'content';
    const verified = isSound ? { path, identity: measurement.identity, size: measurement.size } : null;
    return { artifact, judged, claim, verified };
  });
}

/** By path, of which the first claim stands; only few validators ask. */
function findBeside(subjects: readonly Claimed[]): Validating['beside'] {
  let byPath: ReadonlyMap<string, Subject> | null = null;
  return ({ artifact }, ending) => {
    byPath ??= new Map(subjects.toReversed().map((each) => [each.artifact.path, each]));
    return byPath.get(artifact.path + ending) ?? null;
  };
}

function urgencyOfSubject({ claim, artifact }: Claimed): Urgency {
  return { critical: claim.critical, size: artifact.size_bytes };
}

/** Works on few at once; the first failure cancels the others, and is what it ends with when none is under way any more. */
async function forEachUntilFailure<T>(
  items: readonly T[],
  cancellation: Cancellation,
  work: (item: T, cancellation: Cancellation) => Promise<void>,
): Promise<void> {
  const canceller = createCanceller();
  const unlisten = cancellation.onCancel(canceller.cancel);
  try {
    await forEachConcurrently(items, VALIDATIONS_AT_ONCE, (item) =>
      work(item, canceller).catch(endWork(canceller)),
    );
  } finally {
    unlisten();
  }
}
