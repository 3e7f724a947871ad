/** Finds the one directory that holds a run, and holds it, or says why there is none. */

import type { Io } from '../fs/calls.ts';
import { errnoOf, refusalOf } from '../fs/errno.ts';
import { holdIfThere, isSameEntry, kindOf, type Handle } from '../fs/handle.ts';
import type { Root } from '../fs/root.ts';
import { ambiguous, notFound, Refusal, unsafe } from '../model/errors.ts';
import { LOOK_UP_ORDER, runPath, type StatusDirectory } from './layout.ts';

/** A run's directory, held. */
export interface LocatedRun {
  readonly runId: string;
  readonly directory: StatusDirectory;
  /** In the form of answers. */
  readonly path: string;
  readonly handle: Handle;
}

/** Finds a run. The caller releases its handle. Costs the same whatever else the root holds. */
export function locate(root: Root, runId: string, io: Io): LocatedRun {
  // A run that was moved between our looks can be missed, or be seen twice, once: hence the second pass.
  const located = locateOnce(root, runId, io, false) ?? locateOnce(root, runId, io, true);
  if (located === null) throw new Refusal(notFound(runId));
  return located;
}

/** One pass over the status directories; without a single answer null, or at last the refusal that it stands for. */
function locateOnce(root: Root, runId: string, io: Io, isLast: boolean): LocatedRun | null {
  const found: LocatedRun[] = [];
  let chosen: LocatedRun | null = null;
  try {
    lookEverywhere(root, runId, io, found);
    const odd = found.find(({ handle }) => !handle.stats.isDirectory());
    if (odd !== undefined) throw noDirectory(odd);
    const newest = found.at(-1) ?? null;
    const isOne = found.every(
      ({ handle }) => newest !== null && isSameEntry(handle.stats, newest.handle.stats),
    );
    if (isOne) chosen = newest;
    else if (isLast) {
      const paths = found.map(({ path }) => path);
      throw new Refusal(ambiguous(runId, paths));
    }
    return chosen;
  } finally {
    for (const each of found) if (each !== chosen) each.handle.release();
  }
}

/** Finds a run where it was seen, without a look at the other directories. The caller releases its handle. */
export function locateIn(root: Root, directory: StatusDirectory, runId: string, io: Io): LocatedRun {
  const rootHandle = named(io, root.name, () => root.hold(io));
  let found: LocatedRun | null = null;
  try {
    found = lookInStatus(rootHandle, root, directory, runId, io);
  } finally {
    rootHandle.release();
  }
  if (found === null) throw new Refusal(notFound(runId));
  if (found.handle.stats.isDirectory()) return found;
  found.handle.release();
  throw noDirectory(found);
}

function noDirectory({ path, handle }: LocatedRun): Refusal {
  return new Refusal(unsafe(path, 'directory', kindOf(handle.stats)));
}

/** Holds whatever has the run's name, in look-up order, in `found`, which is the caller's to release. */
function lookEverywhere(root: Root, runId: string, io: Io, found: LocatedRun[]): void {
  const rootHandle = named(io, root.name, () => root.hold(io));
  try {
    for (const directory of LOOK_UP_ORDER) {
      const located = lookInStatus(rootHandle, root, directory, runId, io);
      if (located !== null) found.push(located);
    }
  } finally {
    rootHandle.release();
  }
}

/** Holds whatever has the run's name in one status directory, or null. */
function lookInStatus(
  rootHandle: Handle,
  root: Root,
  directory: StatusDirectory,
  runId: string,
  io: Io,
): LocatedRun | null {
  const status = named(io, `${root.name}/${directory}`, () => statusDirectory(rootHandle, directory));
  if (status === null) return null;
  try {
    const path = runPath(root.name, directory, runId);
    // Nearly always it is in one directory of seven, and a look that finds nothing costs a tenth of a hold that fails.
    const handle = named(io, path, () => (status.look(runId) === null ? null : holdIfThere(status, runId)));
    return handle && { runId, directory, path, handle };
  } finally {
    status.release();
  }
}

/** Holds a status directory, which may be a symlink, or null when the root has none of this name. */
export function statusDirectory(root: Handle, name: StatusDirectory): Handle | null {
  if (root.look(name) === null) return null;
  try {
    return root.directory(name);
  } catch (fault) {
    // A symlink to a volume that is not mounted is no absence: the run may well be there.
    if (errnoOf(fault) !== 'ENOENT' || root.look(name) !== null) throw fault;
    return null;
  }
}

/** A fault of this step becomes the error that names where it happened. */
function named<T>(io: Io, path: string, step: () => T): T {
  io.at(path);
  try {
    return step();
  } catch (fault) {
    throw refusalOf(fault, path);
  }
}
