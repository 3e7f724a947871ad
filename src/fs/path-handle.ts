/**
 * Handles by path, for systems without `/proc/self/fd`. After every step all directories on the way are compared with what they
 * were: whoever swaps one of them moves its `mtime` or `ctime`, and what was found is refused. That holds against a swap that ends
 * before the comparison too, but refuses honest work under churn.
 */

import { constants } from 'node:fs';
import {
  close,
  fstat,
  join,
  lstat,
  lstatIfThere,
  names,
  open,
  stat,
  type FsPath,
  type Io,
  type Stats,
} from './calls.ts';
import { PathChanged, notADirectory } from './errno.ts';
import { isSameRevision, isUnreplaced, type Handle } from './handle.ts';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** Throws `Churned` unless a directory, and all above it, still are what they were. */
type Confirm = () => void;

/** Holds the directory a path leads to, symlinks followed. */
export function holdRootByPath(io: Io, path: string): Handle {
  return followed(io, path, nothing);
}

/** Above the root nothing is confirmed, and a path holds nothing that could be released. */
function nothing(): void {}

/** Others may add runs to the root and to status directories meanwhile: that they are the same ones is enough. */
function followed(io: Io, path: FsPath, confirmAbove: Confirm): Handle {
  const stats = stat(io, path);
  confirmAbove();
  if (!stats.isDirectory()) throw notADirectory();
  return pathHandle(io, path, stats, confirmAbove, () => {
    confirmAbove();
    if (!isUnreplaced(stats, stat(io, path))) throw new PathChanged();
  });
}

function unfollowed(io: Io, path: FsPath, confirmAbove: Confirm): Handle {
  const stats = lstat(io, path);
  confirmAbove();
  return pathHandle(io, path, stats, confirmAbove, () => {
    confirmAbove();
    if (!isSameRevision(stats, lstat(io, path))) throw new PathChanged();
  });
}

function pathHandle(io: Io, path: FsPath, stats: Stats, confirmAbove: Confirm, confirm: Confirm): Handle {
  return {
    stats,
    fd: null,
    look(name) {
      const found = lstatIfThere(io, join(path, name));
      confirm();
      return found;
    },
    entry: (name) => unfollowed(io, join(path, name), confirm),
    directory: (name) => followed(io, join(path, name), confirm),
    names() {
      const found = names(io, path);
      confirm();
      return found;
    },
    open: () => openByPath(io, path, stats, confirmAbove),
    release: nothing,
  };
}

function openByPath(io: Io, path: FsPath, stats: Stats, confirmAbove: Confirm): number {
  const fd = open(io, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  let isConfirmed = false;
  try {
    if (!isUnreplaced(stats, fstat(io, fd))) throw new PathChanged();
    confirmAbove();
    isConfirmed = true;
  } finally {
    if (!isConfirmed) close(fd);
  }
  return fd;
}
