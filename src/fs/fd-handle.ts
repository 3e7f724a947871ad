/**
 * A path comes in, a pin by descriptor goes out (Linux). An `O_PATH` descriptor stays with its entry whatever is renamed
 * or exchanged meanwhile, and does not open it (a FIFO would hang, a device would act); `/proc/self/fd` is the way from
 * it to one name below it, or to a descriptor for reading.
 */

import { constants } from 'node:fs';
import { close, fstat, list, lstat, open, type FsPath, type Plan, type Stats } from './calls.ts';
import { ifThere, join, type Pin } from './pin.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** `O_PATH` of Linux, which Node has no name for but passes on. */
const O_PATH = 0o10000000;

/** Pins the directory a path leads to. Symlinks are followed: where the root is, is the operator's word. */
export function anchoredRoot(path: string): Plan<Pin> {
  return pinned(path, O_DIRECTORY);
}

/** Pins the directory that a descriptor of this process holds; whoever asks compares what it got. */
export function anchoredAt(fd: number): Plan<Pin> {
  return pinned(through(fd), O_DIRECTORY);
}

/** The path by which the kernel reaches what a descriptor holds. */
function through(fd: number): string {
  return `/proc/self/fd/${fd}`;
}

function* pinned(path: FsPath, flags: number): Plan<Pin> {
  const fd = yield* open(path, O_PATH | flags);
  let stats: Stats | null = null;
  try {
    stats = yield* fstat(fd);
  } finally {
    if (stats === null) yield* close(fd);
  }
  return anchor(fd, stats);
}

function anchor(fd: number, stats: Stats): Pin {
  const path = through(fd);
  return {
    stats,
    fd,
    // The last name of a path is not followed by lstat, and the way to it is held.
    look: (name) => ifThere(lstat(join(path, name))),
    entry: (name) => pinned(join(path, name), O_NOFOLLOW),
    directory: (name) => pinned(join(path, name), O_DIRECTORY),
    list: (pick) => list(path, pick),
    // Not blocking, so that a lease that another program holds cannot hang us.
    open: () => open(path, O_RDONLY | O_NONBLOCK),
    release: () => close(fd),
  };
}
