/** A run id comes in, the one directory that holds this run goes out, pinned, or the reason why there is none. */

import { ambiguous, notFound, Refusal, unsafe } from '../errors.ts';
import type { Plan } from './calls.ts';
import { errnoOf, refusalOf } from './errno.ts';
import { LOOK_UP_ORDER, runPath, type StatusDirectory } from './layout.ts';
import { isSameEntry, kindOf, pinIfThere, type Pin } from './pin.ts';
import type { Root } from './root.ts';

/** Where another thread finds a run directory: it makes a hold of its own, and compares it with what is meant. */
export interface RunAddress {
  /** The descriptor that holds it, where one does; otherwise the way to it is taken by name. */
  readonly fd: number | null;
  /** Absolute path of the root. */
  readonly root: string;
  readonly directory: StatusDirectory;
  readonly runId: string;
  readonly dev: bigint;
  readonly ino: bigint;
}

/** A run's directory, held. */
export interface Located {
  readonly runId: string;
  readonly directory: StatusDirectory;
  /** In the form of answers. */
  readonly path: string;
  readonly pin: Pin;
  readonly address: RunAddress;
}

/** What a look-up is at, in the form of answers: a call that never comes back cannot say where it was made. */
export interface Whereabouts {
  path: string;
}

/** Finds a run. The caller releases its pin. Costs the same whatever else the root holds. */
export function* locate(root: Root, runId: string, at: Whereabouts = { path: root.name }): Plan<Located> {
  // A run that was moved between our looks can be missed, or be seen twice, once: hence the second pass.
  return (yield* locateOnce(root, runId, at, false)) ?? (yield* locateSurely(root, runId, at));
}

function* locateSurely(root: Root, runId: string, at: Whereabouts): Plan<Located> {
  const located = yield* locateOnce(root, runId, at, true);
  if (located === null) throw new Refusal(notFound(runId));
  return located;
}

/** One pass over the status directories; without a single answer null, or at last the refusal that it stands for. */
function* locateOnce(root: Root, runId: string, at: Whereabouts, isLast: boolean): Plan<Located | null> {
  const found: Located[] = [];
  let chosen: Located | null = null;
  try {
    yield* lookEverywhere(root, runId, at, found);
    const odd = found.find(({ pin }) => !pin.stats.isDirectory());
    if (odd !== undefined) throw noDirectory(odd);
    const newest = found.at(-1) ?? null;
    const isOne = found.every(({ pin }) => newest !== null && isSameEntry(pin.stats, newest.pin.stats));
    if (isOne) chosen = newest;
    else if (isLast)
      throw new Refusal(
        ambiguous(
          runId,
          found.map(({ path }) => path),
        ),
      );
    return chosen;
  } finally {
    for (const each of found) if (each !== chosen) yield* each.pin.release();
  }
}

/** Finds a run where it was seen, without a look at the other directories. The caller releases its pin. */
export function* locateIn(
  root: Root,
  directory: StatusDirectory,
  runId: string,
  at: Whereabouts,
): Plan<Located> {
  const rootPin = yield* naming(at, root.name, root.pin());
  let found: Located | null = null;
  try {
    found = yield* lookIn(rootPin, root, directory, runId, at);
  } finally {
    yield* rootPin.release();
  }
  if (found === null) throw new Refusal(notFound(runId));
  if (found.pin.stats.isDirectory()) return found;
  yield* found.pin.release();
  throw noDirectory(found);
}

function noDirectory({ path, pin }: Located): Refusal {
  return new Refusal(unsafe(path, 'directory', kindOf(pin.stats)));
}

/** Pins whatever has the run's name, in look-up order, into `found`, which is the caller's to release. */
function* lookEverywhere(root: Root, runId: string, at: Whereabouts, found: Located[]): Plan<void> {
  const rootPin = yield* naming(at, root.name, root.pin());
  try {
    for (const directory of LOOK_UP_ORDER) {
      const located = yield* lookIn(rootPin, root, directory, runId, at);
      if (located !== null) found.push(located);
    }
  } finally {
    yield* rootPin.release();
  }
}

/** Pins whatever has the run's name in one status directory, or null. */
function* lookIn(
  rootPin: Pin,
  root: Root,
  directory: StatusDirectory,
  runId: string,
  at: Whereabouts,
): Plan<Located | null> {
  const statusPath = `${root.name}/${directory}`;
  const status = yield* naming(at, statusPath, statusDirectory(rootPin, directory));
  if (status === null) return null;
  try {
    const path = runPath(root.name, directory, runId);
    const pin = yield* naming(at, path, pinIfThere(status, runId));
    if (pin === null) return null;
    const { dev, ino } = pin.stats;
    const address = { fd: pin.fd, root: root.path, directory, runId, dev, ino };
    return { runId, directory, path, pin, address };
  } finally {
    yield* status.release();
  }
}

/** Pins a status directory, which may be a symlink, or null when the root has none of this name. */
export function* statusDirectory(root: Pin, name: StatusDirectory): Plan<Pin | null> {
  try {
    return yield* root.directory(name);
  } catch (fault) {
    if (errnoOf(fault) !== 'ENOENT') throw fault;
    const link = yield* pinIfThere(root, name);
    if (link === null) return null;
    // A symlink to a volume that is not mounted is no absence: the run may well be there.
    yield* link.release();
    throw fault;
  }
}

/** A fault of this step becomes the error that names where it happened. */
function* naming<T>(at: Whereabouts, path: string, plan: Plan<T>): Plan<T> {
  at.path = path;
  try {
    return yield* plan;
  } catch (fault) {
    throw refusalOf(fault, path);
  }
}
