/** Loads a run and works on it where it stands, and again elsewhere when it was moved, replaced or deleted meanwhile. */

import { throwIfCancelled, type Cancellation } from '../concurrency/abort.ts';
import type { Disk, HeldRun } from '../jobs/disk.ts';
import { refusalOf } from '../fs/errno.ts';
import { runManifestPath, LOOK_UP_ORDER, runPath } from '../repository/layout.ts';
import type { Answer, Inspected, Refused } from '../model/answer.ts';
import { manifestInvalid, Refusal } from '../model/errors.ts';
import type { InspectionLimits } from '../model/limits.ts';

/** What a run is loaded with. */
export interface Loading {
  readonly disk: Disk;
  readonly rootName: string;
  readonly limits: InspectionLimits;
  /** Ends with `OutOfTime` when the time budget is over. */
  readonly cancellation: Cancellation;
}

/** A run that is held as long as the work on it lasts. */
export interface Attempt {
  readonly loaded: HeldRun;
  /** Whether there is no further attempt. */
  readonly isLast: boolean;
}

/** How often a run is loaded that is moved, or replaced, while it is worked on. */
const MOST_ATTEMPTS = 5;

/** Works on a run until it stays. `work` resolves to null when the run has to be loaded once more. */
export async function retryWhileMoving(
  runId: string,
  { disk, rootName, limits, cancellation }: Loading,
  work: (attempt: Attempt) => Promise<Inspected | null>,
): Promise<Answer> {
  let path = runPath(rootName, LOOK_UP_ORDER[0] ?? '.running', runId);
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
    const found = await disk.load(runId, { limits }, attempt === 1, cancellation);
    if (found.type === 'moved') continue;
    const { loaded } = found;
    path = loaded.run.path;
    try {
      const answer = await work({ loaded, isLast: attempt === MOST_ATTEMPTS });
      if (answer !== null) return answer;
    } finally {
      loaded.release();
    }
    throwIfCancelled(cancellation);
  }
  const issues = [{ path: '', message: 'the run was moved whenever it was read' }];
  return { ok: false, error: manifestInvalid(runManifestPath(path), issues) };
}

/** An error becomes an answer; so does a fault of the disk that no step has named the place of. */
export function refused(thrown: unknown, path: string): Refused {
  const refusal = thrown instanceof Refusal ? thrown : refusalOf(thrown, path);
  if (refusal instanceof Refusal) return { ok: false, error: refusal.error };
  throw refusal;
}
