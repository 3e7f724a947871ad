/** Holds anew, in whatever thread, the run directory that another job located. */

import type { Io } from '../fs/calls.ts';
import { PathChanged, errnoOf } from '../fs/errno.ts';
import { holdFd } from '../fs/fd-handle.ts';
import { isUnreplaced, type Handle, type Revision } from '../fs/handle.ts';
import type { Root } from '../fs/root.ts';
import type { StatusDirectory } from './layout.ts';

/** Where a located run directory is. Plain data, so that any thread can hold it. */
export interface RunAddress extends Revision {
  readonly runId: string;
  readonly directory: StatusDirectory;
  /** In the form of answers. */
  readonly path: string;
  /** The descriptor that holds it, where one does; otherwise the way to it is taken by name. */
  readonly fd: number | null;
}

/** What a descriptor that is closed, or a path that leads nowhere any more, gives. */
const NOT_HELD_ANY_MORE: readonly (string | null)[] = ['EBADF', 'ENOENT', 'ENOTDIR'];

/**
 * Holds the run directory of an address. Whoever located it may have let go meanwhile, or the thread that held it may have
 * crashed, and its descriptor may be another's by now: then it is looked for where it stood. Throws `Churned` when it is not there.
 */
export function openRun(root: Root, address: RunAddress, io: Io): Handle {
  const { fd } = address;
  const held = fd === null ? null : ifSame(address, () => holdFd(io, fd));
  const run = held ?? ifSame(address, () => holdByName(root, address, io));
  if (run === null) throw new PathChanged();
  return run;
}

/** Null when it is another entry, or is not there. */
function ifSame(address: RunAddress, hold: () => Handle): Handle | null {
  try {
    const handle = hold();
    if (isUnreplaced(handle.stats, address)) return handle;
    handle.release();
    return null;
  } catch (fault) {
    if (NOT_HELD_ANY_MORE.includes(errnoOf(fault))) return null;
    throw fault;
  }
}

function holdByName(root: Root, { directory, runId }: RunAddress, io: Io): Handle {
  const top = root.hold(io);
  try {
    const status = top.directory(directory);
    try {
      return status.entry(runId);
    } finally {
      status.release();
    }
  } finally {
    top.release();
  }
}
