/**
 * Judged artifacts come in, and go out with what the validators say about those whose integrity was verified: few at a
 * time, and once in a call, also where the run moves meanwhile.
 */

import { createCanceller, type Cancellation } from '../concurrency/abort.ts';
import { createSemaphore } from '../concurrency/semaphore.ts';
import { mapInSlices } from '../concurrency/cooperative.ts';
import type { Claim } from '../manifest/claims.ts';
import type { Disk } from '../jobs/disk.ts';
import type { RunAddress } from '../repository/open-run.ts';
import { CHUNK } from '../hashing/hash-file.ts';
import { chunkAt } from '../hashing/rate-limit.ts';
import type { Judged } from '../verify/judge.ts';
import { OutOfTime, type Measurements } from '../verify/measurement.ts';
import type { Meter } from '../verify/progress.ts';
import { amend } from './apply-outcomes.ts';
import type { Outcome } from './call-validator.ts';
import { validateArtifact, type Subject, type Validating } from './validate-artifact.ts';
import type { Reach } from './artifact-reader.ts';
import type { Said } from './outcome-cache.ts';
import type { Validator } from './validator.ts';

const OUT_OF_TIME: Outcome = { is: 'left out', why: 'the time budget is over' };

/** Artifacts that are validated at once: each may have a thread, some chunks, a private copy. */
const AT_ONCE = 2;

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

/** How the contents of one run are checked. */
export interface Checking {
  readonly run: RunAddress;
  readonly disk: Disk;
  /** With `OutOfTime` when the budget is over. */
  readonly cancellation: Cancellation;
  /** Whether there may not be time for everything: then what matters most comes first. */
  readonly isHurried: boolean;
  readonly meter: Meter;
  /** Is told of every chunk that is read, in bytes. */
  readonly onBytes: (count: number) => void;
  readonly said: Said;
}

/** Checks the contents of artifacts. */
export interface Contents {
  /** The judged artifacts in their order; rejects for a cancellation, with its reason, and when the inspection cannot go on. */
  check(measured: Measured, checking: Checking): Promise<readonly Judged[]>;
}

/** A claim to an artifact that may be validated. */
interface Claimed extends Subject {
  readonly judged: Judged;
  readonly claim: Claim;
}

export function createContents({
  validators,
  root,
  stallTimeoutMs,
  maxBytesPerSecond: rate,
}: ContentsSettings): Contents {
  const gate = createSemaphore(AT_ONCE);

  async function check(found: Measured, checking: Checking): Promise<readonly Judged[]> {
    if (validators.length === 0) return found.judged;
    const subjects = await subjectsOf(found);
    const wanted = subjects.filter(({ verified }) => verified !== null && verified.size > 0);
    const beside = findBeside(subjects);
    const outcomes = new Map<Subject, readonly Outcome[]>();
    const ordered = checking.isHurried ? wanted.toSorted(byUrgency) : wanted;
    await forEach(ordered, checking.cancellation, async (subject, cancellation) => {
      const reach = reachFor(subject, checking);
      const validating = { validators, stallTimeoutMs, root, reach, cancellation, beside };
      outcomes.set(subject, await validateOnce(subject, validating, checking.said));
    });
    return mapInSlices(subjects, (subject) => {
      const its = outcomes.get(subject);
      return its === undefined ? subject.judged : amend(subject.judged, subject.claim.participant, its);
    });
  }

  function reachFor({ claim }: Claimed, { run, disk, meter, onBytes }: Checking): Reach {
    return {
      run,
      disk,
      chunk: chunkAt(rate, CHUNK),
      onBytes(count) {
        onBytes(count);
        // Its bytes were told when it was hashed.
        meter.read(claim.participant, claim.record.logical_name, 0);
      },
    };
  }

  async function validateOnce(
    subject: Subject,
    validating: Validating,
    said: Said,
  ): Promise<readonly Outcome[]> {
    const before = said.recall(subject, validating.beside);
    if (before !== null) return before;
    let leave: (() => void) | null = null;
    try {
      leave = await gate.acquire(validating.cancellation);
      const { beside, keep } = said.follow(subject, validating.beside);
      const outcomes = await validateArtifact(subject, { ...validating, beside });
      const isSettled = outcomes.length > 0 && outcomes.every(({ is }) => is !== 'left out');
      if (isSettled) keep(outcomes);
      return outcomes;
    } catch (reason) {
      if (reason instanceof OutOfTime) return [OUT_OF_TIME];
      throw reason;
    } finally {
      leave?.();
    }
  }

  return { check };
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

/** Critical participants first, small artifacts first within them. */
function byUrgency(a: Claimed, b: Claimed): number {
  const critical = Number(b.claim.critical) - Number(a.claim.critical);
  return critical || a.artifact.size_bytes - b.artifact.size_bytes;
}

/** Works on all items, few at once; ends with the first that fails, when none is under way any more. */
async function forEach<T>(
  items: readonly T[],
  cancellation: Cancellation,
  work: (item: T, cancellation: Cancellation) => Promise<void>,
): Promise<void> {
  const ending = createCanceller();
  const unlisten = cancellation.onCancel(ending.cancel);
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item, ending);
  };
  const ended = await Promise.allSettled(
    Array.from({ length: AT_ONCE }, async () => {
      try {
        await worker();
      } catch (reason) {
        ending.cancel(reason);
        throw reason;
      }
    }),
  );
  unlisten();
  const failed = ended.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
