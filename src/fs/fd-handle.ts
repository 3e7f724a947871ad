/**
 * Handles by descriptor (Linux). An `O_PATH` descriptor stays with its entry whatever is renamed or exchanged meanwhile, and does
 * not open it (a FIFO would hang, a device would act); `/proc/self/fd` leads from it to one name below it, or to a descriptor for
 * reading. That is how systemd's chase() and libpathrs walk: no swap of a directory on the way leads outside.
 */

import { constants } from 'node:fs';
import { close, fstat, join, lstatIfThere, names, open, type FsPath, type Io, type Stats } from './calls.ts';
import type { Handle } from './handle.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** `O_PATH` of Linux, which Node has no name for but passes on. */
const O_PATH = 0o10000000;

/** Holds the directory a path leads to, symlinks followed. */
export function holdRootByFd(io: Io, path: string): Handle {
  return held(io, path, O_DIRECTORY);
}

/** Holds anew the directory that a descriptor of this process holds; callers compare what they got. */
export function holdFd(io: Io, fd: number): Handle {
  return held(io, through(fd), O_DIRECTORY);
}

/** The path by which the kernel reaches what a descriptor holds. */
function through(fd: number): string {
  return `/proc/self/fd/${fd}`;
}

function held(io: Io, path: FsPath, flags: number): Handle {
  const fd = open(io, path, O_PATH | flags);
  let stats: Stats | null = null;
  try {
    stats = fstat(io, fd);
  } finally {
    if (stats === null) close(fd);
  }
  return fdHandle(io, fd, stats);
}

function fdHandle(io: Io, fd: number, stats: Stats): Handle {
  const path = through(fd);
  return {
    stats,
    fd,
    // The last name of a path is not followed by lstat, and the way to it is held.
    look: (name) => lstatIfThere(io, join(path, name)),
    entry: (name) => held(io, join(path, name), O_NOFOLLOW),
    directory: (name) => held(io, join(path, name), O_DIRECTORY),
    names: () => names(io, path),
    // Not blocking, so that a lease that another program holds cannot hang us.
    open: () => open(io, path, O_RDONLY | O_NONBLOCK),
    release: () => close(fd),
  };
}
