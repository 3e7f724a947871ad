/** Holds anew, in whatever thread, the run directory that another job located. */

import type { Io } from '../fs/calls.ts';
import { Churned, errnoOf } from '../fs/errno.ts';
import { holdFd } from '../fs/fd-handle.ts';
import { isSameEntry, type Handle } from '../fs/handle.ts';
import type { Root } from '../fs/root.ts';
import type { StatusDirectory } from './layout.ts';

/** Where a located run directory is. Plain data, so that any thread can hold it. */
export interface RunAddress {
  readonly runId: string;
  readonly directory: StatusDirectory;
  /** In the form of answers. */
  readonly path: string;
  /** The descriptor that holds it, where one does; otherwise the way to it is taken by name. */
  readonly fd: number | null;
  readonly dev: bigint;
  readonly ino: bigint;
}

/** What a descriptor that is closed, or a path that leads nowhere any more, gives. */
const LET_GO: readonly (string | null)[] = ['EBADF', 'ENOENT', 'ENOTDIR'];

/**
 * Holds the run directory of an address. Whoever located it may have let go meanwhile, and its descriptor may be another's by now:
 * then it throws `Churned`.
 */
export function openRun(root: Root, address: RunAddress, io: Io): Handle {
  const run = holdAddress(root, address, io);
  if (isSameEntry(run.stats, address)) return run;
  run.release();
  throw new Churned();
}

function holdAddress(root: Root, { fd, directory, runId }: RunAddress, io: Io): Handle {
  try {
    if (fd !== null) return holdFd(io, fd);
    return root.hold(io).directory(directory).entry(runId);
  } catch (fault) {
    throw LET_GO.includes(errnoOf(fault)) ? new Churned() : fault;
  }
}
