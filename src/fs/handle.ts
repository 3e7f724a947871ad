/**
 * A hold on one entry of the file system: what is reached through it is what was held, or a fault, never something else that was
 * put in its place. `fd-handle` and `path-handle` make them; what can be done with either stands here.
 */

import type { Io, Name, Stats } from './calls.ts';
import { errnoOf } from './errno.ts';

/** A hold on one entry; to be released. */
export interface Handle {
  /** What it was when it was held. */
  readonly stats: Stats;
  /** The descriptor that holds it, where one does. */
  readonly fd: number | null;
  /** Holds the entry of this name in this directory, whatever it is; a symlink is held itself. */
  readonly entry: (name: Name) => Handle;
  /** Stats of what has this name in this directory, or null; a symlink is looked at itself. */
  readonly look: (name: Name) => Stats | null;
  /** Holds the directory of this name, also through a symlink. */
  readonly directory: (name: string) => Handle;
  /** Names in this directory, in no order, a character for each byte. */
  readonly names: () => string[];
  /** Opens this file for reading. Callers have seen that it is a regular one. */
  readonly open: () => number;
  readonly release: () => void;
}

/** Makes a hold on a directory by its path, symlinks followed: where the root is, is the operator's word. */
export type HoldRoot = (io: Io, path: string) => Handle;

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

/** By a stat of the entry itself and never by errno: a symlink is ENOTDIR to one call and ELOOP to another. */
export function kindOf(stats: Stats): Kind {
  if (stats.isFile()) return 'regular file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'FIFO';
  if (stats.isSocket()) return 'socket';
  if (stats.isCharacterDevice()) return 'character device';
  return stats.isBlockDevice() ? 'block device' : 'special file';
}

/** What is the same of two looks at one entry, wherever they were. */
type Identified = Pick<Stats, 'dev' | 'ino'>;

/** What is the same of two looks at one revision of an entry. */
export type Revision = Pick<Stats, 'dev' | 'ino' | 'size' | 'mtimeNs' | 'ctimeNs'>;

/** Whether two looks, at whatever places, saw the same entry, whatever became of its content. */
export function isSameEntry(a: Identified, b: Identified): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/**
 * Whether two looks at one place saw the same revision of one entry. Storage without stable inodes (FUSE, some NFS) gives another
 * number with every look: then size and both times, in nanoseconds, tell, unless one of them is zero. Nobody can set a `ctime`.
 */
export function isSameRevision(a: Revision, b: Revision): boolean {
  const isUntouched = a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
  if (a.dev !== b.dev || !isUntouched) return false;
  return a.ino === b.ino || (a.mtimeNs !== 0n && a.ctimeNs !== 0n);
}

/** Whether two looks at one place saw the same entry, whatever became of its content. */
export function isUnreplaced(a: Revision, b: Revision): boolean {
  return isSameEntry(a, b) || isSameRevision(a, b);
}

/** Whether nothing but the time of change moved: of some storage it does with every look, and links and renames move it too. */
export function isCtimeMoved(a: Revision, b: Revision): boolean {
  return isSameEntry(a, b) && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs !== b.ctimeNs;
}

/** Device, inode, size, and the times of modification and of change in nanoseconds: one revision of one file. */
export function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: Revision): string {
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}

/** `isSameRevision`, of a look and of the identity of an earlier one at the same place. */
export function hasIdentity(stats: Stats, identity: string): boolean {
  if (identityOf(stats) === identity) return true;
  const [dev = 0n, ino = 0n, size = 0n, mtimeNs = 0n, ctimeNs = 0n] = identity.split(':').map(BigInt);
  return isSameRevision(stats, { dev, ino, size, mtimeNs, ctimeNs });
}

/** A size as a number wherever one can say it. */
export function sizeOf({ size }: Stats): number | bigint {
  return size <= Number.MAX_SAFE_INTEGER ? Number(size) : size;
}

/** Holds the entry of a name, or null when nothing has that name. */
export function holdIfThere(directory: Handle, name: Name): Handle | null {
  try {
    return directory.entry(name);
  } catch (fault) {
    if (errnoOf(fault) === 'ENOENT') return null;
    throw fault;
  }
}

/** Where a walk of several names ended. */
export type Walked =
  | { readonly type: 'held'; readonly handle: Handle }
  | { readonly type: 'absent' }
  | { readonly type: 'in-the-way'; readonly kind: Kind };

/** Holds the entry at a path below a directory, one name at a time, and never more than two of them at once. */
export function walk(from: Handle, path: readonly Name[]): Walked {
  let at = from;
  const last = path.length - 1;
  for (let index = 0; index <= last; index += 1) {
    let next: Handle | null;
    try {
      next = holdIfThere(at, path[index] ?? '');
    } finally {
      if (at !== from) at.release();
    }
    if (next === null) return { type: 'absent' };
    if (index < last && !next.stats.isDirectory()) {
      next.release();
      return { type: 'in-the-way', kind: kindOf(next.stats) };
    }
    at = next;
  }
  return { type: 'held', handle: at };
}
