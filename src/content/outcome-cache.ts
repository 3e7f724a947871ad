/**
 * Caches validator outcomes by artifact revision for one call; valid only while everything reached through `beside()` is
 * unchanged.
 */

import type { Outcome } from './call-validator.ts';
import type { Subject, Validating } from './validate-artifact.ts';

type Beside = Validating['beside'];

/** Outcomes of revisions of artifacts in one call: a run that is moved is not validated twice. */
export interface OutcomeCache {
  /** The outcomes of one before, or null. */
  recall(subject: Subject, beside: Beside): readonly Outcome[] | null;
  /** Follows a validation of one, which reaches others by `beside` of what is returned. */
  follow(subject: Subject, beside: Beside): Following;
}

/** A validation that is under way. */
export interface Following {
  readonly beside: Beside;
  /** Keeps the outcomes. */
  readonly keep: (outcomes: readonly Outcome[]) => void;
}

interface CachedOutcomes {
  readonly outcomes: readonly Outcome[];
  /** Revisions of what was reached, by what stands behind the path of the artifact. */
  readonly reached: ReadonlyMap<string, string>;
}

export function createOutcomeCache(): OutcomeCache {
  const all = new Map<string, CachedOutcomes>();
  return {
    recall(subject, beside) {
      const before = all.get(revisionOf(subject));
      if (before === undefined) return null;
      const isSame = [...before.reached].every(([end, was]) => revisionOf(beside(subject, end)) === was);
      return isSame ? before.outcomes : null;
    },
    follow(subject, beside) {
      const reached = new Map<string, string>();
      return {
        beside(from, ending) {
          const found = beside(from, ending);
          // It may be reached from one that is itself beside the artifact.
          const end = from.artifact.path.slice(subject.artifact.path.length) + ending;
          reached.set(end, revisionOf(found));
          return found;
        },
        keep: (outcomes) => void all.set(revisionOf(subject), { outcomes, reached }),
      };
    },
  };
}

/** Everything a validator can learn of it, but for where the run is. */
function revisionOf(subject: Subject | null): string {
  if (subject === null) return '';
  const { artifact, verified } = subject;
  return JSON.stringify([{ ...artifact, path: '' }, verified?.path, verified?.identity]);
}
