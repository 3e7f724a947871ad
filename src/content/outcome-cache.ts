/** What was said of artifacts in one call comes in, and goes out again where they, and what was asked for beside them, are the same. */

import type { Outcome } from './call-validator.ts';
import type { Subject, Validating } from './validate-artifact.ts';

type Beside = Validating['beside'];

/** What was said of revisions of artifacts in one call: a run that is moved is not validated twice. */
export interface Said {
  /** What was said of one before, or null. */
  recall(subject: Subject, beside: Beside): readonly Outcome[] | null;
  /** Follows a validation of one, which asks for others by `beside` of what is returned. */
  follow(subject: Subject, beside: Beside): Following;
}

/** A validation that is under way. */
export interface Following {
  readonly beside: Beside;
  /** Keeps what was said. */
  readonly keep: (outcomes: readonly Outcome[]) => void;
}

interface Remembered {
  readonly outcomes: readonly Outcome[];
  /** What was found, by what stands behind the path of the artifact. */
  readonly asked: ReadonlyMap<string, string>;
}

export function createSaid(): Said {
  const all = new Map<string, Remembered>();
  return {
    recall(subject, beside) {
      const before = all.get(revisionOf(subject));
      if (before === undefined) return null;
      const isSame = [...before.asked].every(([end, was]) => revisionOf(beside(subject, end)) === was);
      return isSame ? before.outcomes : null;
    },
    follow(subject, beside) {
      const asked = new Map<string, string>();
      return {
        beside(from, ending) {
          const found = beside(from, ending);
          // It may be asked for beside one that is beside the artifact.
          const end = from.artifact.path.slice(subject.artifact.path.length) + ending;
          asked.set(end, revisionOf(found));
          return found;
        },
        keep: (outcomes) => void all.set(revisionOf(subject), { outcomes, asked }),
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
