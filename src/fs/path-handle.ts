/**
 * A path comes in, a pin by name goes out: for systems without `/proc/self/fd`. After every step all directories on the
 * way are compared with what they were: whoever swaps one of them moves its `mtime` or `ctime`, and what was found is
 * refused. That holds against a swap that ends before the comparison too, but refuses honest work under churn.
 */

import { constants } from 'node:fs';
import { close, fstat, list, lstat, open, stat, type FsPath, type Plan, type Stats } from './calls.ts';
import { Churned, notADirectory } from './errno.ts';
import { ifThere, isSameEntry, isSameRevision, join, type Pin } from './pin.ts';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** Throws `Churned` unless a directory, and all above it, still are what they were. */
type Confirm = () => Plan<void>;

/** Pins the directory a path leads to, symlinks followed. */
export function namedRoot(path: string): Plan<Pin> {
  return followed(path, nothing);
}

/** Above the root nothing is confirmed, and a name holds nothing that could be released. */
function* nothing(): Plan<void> {}

/** Others may add runs to the root and to status directories meanwhile: that they are the same ones is enough. */
function* followed(path: FsPath, confirmAbove: Confirm): Plan<Pin> {
  const stats = yield* stat(path);
  yield* confirmAbove();
  if (!stats.isDirectory()) throw notADirectory();
  return named(path, stats, confirmAbove, function* () {
    yield* confirmAbove();
    if (!isSameEntry(stats, yield* stat(path))) throw new Churned();
  });
}

function* unfollowed(path: FsPath, confirmAbove: Confirm): Plan<Pin> {
  const stats = yield* lstat(path);
  yield* confirmAbove();
  return named(path, stats, confirmAbove, function* () {
    yield* confirmAbove();
    if (!isSameRevision(stats, yield* lstat(path))) throw new Churned();
  });
}

function named(path: FsPath, stats: Stats, confirmAbove: Confirm, confirm: Confirm): Pin {
  return {
    stats,
    fd: null,
    *look(name) {
      const found = yield* ifThere(lstat(join(path, name)));
      yield* confirm();
      return found;
    },
    entry: (name) => unfollowed(join(path, name), confirm),
    directory: (name) => followed(join(path, name), confirm),
    *list(pick) {
      const picked = yield* list(path, pick);
      yield* confirm();
      return picked;
    },
    open: () => openNamed(path, stats, confirmAbove),
    release: nothing,
  };
}

function* openNamed(path: FsPath, stats: Stats, confirmAbove: Confirm): Plan<number> {
  const fd = yield* open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  let isConfirmed = false;
  try {
    if (!isSameEntry(stats, yield* fstat(fd))) throw new Churned();
    yield* confirmAbove();
    isConfirmed = true;
  } finally {
    if (!isConfirmed) yield* close(fd);
  }
  return fd;
}
