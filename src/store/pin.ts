/**
 * A directory and one name in it come in, a hold on exactly that entry goes out, following nothing.
 * A pin is an `O_PATH` descriptor: it stays with its entry whatever is renamed or exchanged meanwhile, it never opens
 * the entry (a FIFO would hang, a device would act), and what is reached through it cannot be swapped for another.
 */

import { constants } from 'node:fs';
import { close, fstat, open, type FsPath, type Plan, type Stats } from './calls.ts';
import { errnoOf } from './errno.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** `O_PATH` of Linux, which Node has no name for but passes on. */
const O_PATH = 0o10000000;

/** A hold on one entry of the file system. */
export interface Pin {
  readonly fd: number;
  /** What it was when it was pinned. */
  readonly stats: Stats;
}

/** What an entry is. */
export type Kind =
  | 'regular file'
  | 'directory'
  | 'symlink'
  | 'FIFO'
  | 'socket'
  | 'character device'
  | 'block device'
  | 'special file';

export function kindOf(stats: Stats): Kind {
  if (stats.isFile()) return 'regular file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'FIFO';
  if (stats.isSocket()) return 'socket';
  if (stats.isCharacterDevice()) return 'character device';
  return stats.isBlockDevice() ? 'block device' : 'special file';
}

/** Whether two looks saw the same entry, whatever became of its content. */
export function isSameEntry(a: Stats, b: Stats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** The path by which the kernel reaches what a descriptor holds. */
export function through(fd: number): string {
  return `/proc/self/fd/${fd}`;
}

function join(pin: Pin, name: string | Buffer): FsPath {
  const directory = `${through(pin.fd)}/`;
  return typeof name === 'string' ? directory + name : Buffer.concat([Buffer.from(directory), name]);
}

function* pinned(path: FsPath, flags: number): Plan<Pin> {
  const fd = yield* open(path, O_PATH | flags);
  let held: Pin | null = null;
  try {
    held = { fd, stats: yield* fstat(fd) };
    return held;
  } finally {
    if (held === null) yield* close(fd);
  }
}

/** Pins the directory a path leads to. Symlinks are followed: where the root is, is the operator's word. */
export function pinRoot(path: string): Plan<Pin> {
  return pinned(path, O_DIRECTORY);
}

/** Pins a status directory of the root. It may be a symlink: operators put `completed` on another volume. */
export function pinFollowing(root: Pin, name: string): Plan<Pin> {
  return pinned(join(root, name), O_DIRECTORY);
}

/** Pins the entry of this name, whatever it is; a symlink is pinned itself. */
export function pinEntry(directory: Pin, name: string | Buffer): Plan<Pin> {
  return pinned(join(directory, name), O_NOFOLLOW);
}

/** The same, or null when nothing has that name. */
export function* pinIfThere(directory: Pin, name: string | Buffer): Plan<Pin | null> {
  try {
    return yield* pinEntry(directory, name);
  } catch (fault) {
    if (errnoOf(fault) === 'ENOENT') return null;
    throw fault;
  }
}

/** Lets go of an entry. */
export function unpin(held: Pin): Plan<void> {
  return close(held.fd);
}

/** Where a walk of several names ended. */
export type Walked =
  | { readonly ended: 'at'; readonly pin: Pin }
  | { readonly ended: 'absent' }
  | { readonly ended: 'in the way'; readonly kind: Kind };

/** Pins the entry at a path below a directory, one name at a time, and never more than two of them at once. */
export function* walk(from: Pin, names: readonly (string | Buffer)[]): Plan<Walked> {
  let at = from;
  for (const [index, name] of names.entries()) {
    let next: Pin | null;
    try {
      next = yield* pinIfThere(at, name);
    } finally {
      if (at !== from) yield* unpin(at);
    }
    if (next === null) return { ended: 'absent' };
    if (index < names.length - 1 && !next.stats.isDirectory()) {
      yield* unpin(next);
      return { ended: 'in the way', kind: kindOf(next.stats) };
    }
    at = next;
  }
  return { ended: 'at', pin: at };
}

/**
 * Opens the pinned entry itself for reading. Only regular files: callers check the kind of the pin first.
 * Not blocking, so that a lease held by another program cannot hang us.
 */
export function openPinned(held: Pin): Plan<number> {
  return open(through(held.fd), O_RDONLY | O_NONBLOCK);
}
