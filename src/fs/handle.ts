/**
 * A pin is a hold on one entry of the file system: what is reached through it is what was pinned, or a fault, never
 * something else that was put in its place. Here is what can be done with any pin; `anchored` and `named` make them.
 */

import type { Entry, FsPath, Plan, Stats } from './calls.ts';
import { errnoOf } from './errno.ts';

/** A hold on one entry; to be released. */
export interface Pin {
  /** What it was when it was pinned. */
  readonly stats: Stats;
  /** The descriptor that holds it, where one does. */
  readonly fd: number | null;
  /** Pins the entry of this name in this directory, whatever it is; a symlink is pinned itself. */
  entry(name: string | Buffer): Plan<Pin>;
  /** What has this name in this directory, or null; a symlink is looked at itself. */
  look(name: string): Plan<Stats | null>;
  /** Pins the directory of this name, also through a symlink. */
  directory(name: string): Plan<Pin>;
  /** Lists this directory, in no order: what `pick` makes of its entries, but for null. */
  list<T>(pick: (entry: Entry) => T | null): Plan<T[]>;
  /** Opens this file for reading. Callers have seen that it is a regular one. */
  open(): Plan<number>;
  release(): Plan<void>;
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

/** By fstat and never by errno: a symlink is ENOTDIR to one call and ELOOP to another. */
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

/** Whether two looks saw the same revision of one entry. */
export function isSameRevision(a: Stats, b: Stats): boolean {
  return isSameEntry(a, b) && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

/** The path of a name in a directory. */
export function join(directory: FsPath, name: string | Buffer): FsPath {
  if (typeof directory === 'string' && typeof name === 'string') return `${directory}/${name}`;
  return Buffer.concat([Buffer.from(directory), Buffer.from('/'), Buffer.from(name)]);
}

/** Pins the entry of a name, or null when nothing has that name. */
export function pinIfThere(directory: Pin, name: string | Buffer): Plan<Pin | null> {
  return ifThere(directory.entry(name));
}

/** The outcome of a plan, or null when it found nothing under its name. */
export function* ifThere<T>(plan: Plan<T>): Plan<T | null> {
  try {
    return yield* plan;
  } catch (fault) {
    if (errnoOf(fault) === 'ENOENT') return null;
    throw fault;
  }
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
      if (at !== from) yield* at.release();
    }
    if (next === null) return { ended: 'absent' };
    if (index < names.length - 1 && !next.stats.isDirectory()) {
      yield* next.release();
      return { ended: 'in the way', kind: kindOf(next.stats) };
    }
    at = next;
  }
  return { ended: 'at', pin: at };
}
