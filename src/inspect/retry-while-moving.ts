/**
 * A run id and some work come in, what the work makes of the run goes out: where the run is now, and again elsewhere when it
 * was moved, replaced or deleted meanwhile.
 */

import type { Answer, Refused } from './answer.ts';
import { throwIfCancelled, type Cancellation } from './cancellation.ts';
import { manifestInvalid, Refusal } from './errors.ts';
import type { Session, SharedDisk } from './store/disk.ts';
import { refusalOf } from './store/errno.ts';
import { runManifestPath } from './store/layout.ts';
import { isSameEntry } from './store/pin.ts';
import { locate, type Located } from './store/resolve.ts';
import type { Root } from './store/root.ts';

/** Where runs are visited. */
export interface Place {
  readonly root: Root;
  readonly disk: SharedDisk;
  readonly cancellation: Cancellation;
}

/** A run that is visited, and held as long as that lasts. */
export interface Visit {
  readonly located: Located;
  readonly disk: Session;
  /** How often the run has been visited, from 1. */
  readonly attempt: number;
  /** Whether there is no further attempt. */
  readonly isLast: boolean;
}

/** How often a run is visited that is moved, or replaced, while it is. */
const ATTEMPTS = 5;

/** Visits a run until it stays. `work` resolves to null when the run has to be visited once more. */
export async function visitRun(
  runId: string,
  place: Place,
  work: (visit: Visit) => Promise<Answer | null>,
): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await visitOnce(runId, attempt, place, work);
    throwIfCancelled(place.cancellation);
    if (answer !== null) return answer;
  }
}

/** An error becomes an answer; so does a fault of the disk that no step has told the place of. */
export function refused(thrown: unknown, path: string): Refused {
  const refusal = thrown instanceof Refusal ? thrown : refusalOf(thrown, path);
  if (refusal instanceof Refusal) return { ok: false, error: refusal.error };
  throw refusal;
}

async function visitOnce(
  runId: string,
  attempt: number,
  place: Place,
  work: (visit: Visit) => Promise<Answer | null>,
): Promise<Answer | null> {
  const disk = place.disk.session();
  try {
    const located = await locateNow(runId, disk, place);
    try {
      return await workAt({ located, disk, attempt, isLast: attempt === ATTEMPTS }, place, work);
    } finally {
      await disk.end(located.pin.release());
    }
  } finally {
    await disk.drain();
  }
}

/** Null when the run did not stay there, or work wants it. */
async function workAt(
  visit: Visit,
  place: Place,
  work: (visit: Visit) => Promise<Answer | null>,
): Promise<Answer | null> {
  const { located, disk, isLast } = visit;
  const outcome = await work(visit).catch((thrown: unknown) => refused(thrown, located.path));
  if (outcome === null || (await stays(located, disk, place))) return outcome;
  if (!isLast) return null;
  const issues = [{ path: '', message: 'the run was moved whenever it was read' }];
  return { ok: false, error: manifestInvalid(runManifestPath(located.path), issues) };
}

/** Whether the run is still the one directory of its name, in the same place. */
async function stays(located: Located, disk: Session, place: Place): Promise<boolean> {
  try {
    const again = await locateNow(located.runId, disk, place);
    await disk.end(again.pin.release());
    return again.directory === located.directory && isSameEntry(again.pin.stats, located.pin.stats);
  } catch (thrown) {
    if (thrown instanceof Refusal && thrown.error.code === 'BACKUP_RUN_NOT_FOUND') return false;
    throw thrown;
  }
}

async function locateNow(runId: string, disk: Session, { root, cancellation }: Place): Promise<Located> {
  const at = { path: root.name };
  try {
    return await disk.perform(locate(root, runId, at), cancellation, ({ pin }) => pin.release());
  } catch (fault) {
    throw refusalOf(fault, at.path);
  }
}
