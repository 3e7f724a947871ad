/**
 * A held run directory and the names of an artifact come in, its size and SHA-256 from one read go out: a plan, so that
 * the same steps serve the event loop and a thread.
 */

import { createHash } from 'node:crypto';
import { close, fstat, read, type Plan, type Stats } from '../../store/calls.ts';
import { errnoOf, Stalled } from '../../store/errno.ts';
import { isSameEntry, kindOf, walk, type Kind, type Pin } from '../../store/pin.ts';

/** Names that lead from the run directory to an artifact; never empty. */
export type Names = readonly string[];

/** Why there is nothing to read. */
export type Nothing = { readonly found: 'missing' } | { readonly found: 'not regular'; readonly kind: Kind };

/** One revision of one file, as far as the system tells revisions apart. */
export interface Revision {
  /** Device, inode, size, and the times of modification and of change in nanoseconds. */
  readonly identity: string;
}

/** What a look without reading saw. */
export type Look = Nothing | Regular;

/** A regular file that was not read. */
export interface Regular extends Revision {
  readonly found: 'regular';
  /** Bytes; a number wherever one can say it. */
  readonly size: number | bigint;
}

/** What a read saw of a regular file. */
export interface Content extends Revision {
  readonly found: 'read';
  /** Bytes it has: those that were read, unless the file tells of another number than it had when it was looked at. */
  readonly size: number;
  /** Bytes that were read; at most one more than it had. */
  readonly bytesRead: number;
  /** 64 lower-case hexadecimal digits. */
  readonly digest: string;
  /**
   * What happened to the file meanwhile: a link, a chmod or a rename moves only its `ctime`. But with the other times put
   * back, `ctime` is also the only sign of a rewrite.
   */
  readonly change: 'none' | 'ctime' | 'content';
  /** Whether it had not been touched for a while when the read began. */
  readonly isSettled: boolean;
}

/** What one read saw. */
export type Reading = Nothing | Content;

/** Why there is no answer about a file, as data. */
export type Trouble =
  /** A fault; the name of its errno, or null when it is none of the system's. */
  | { readonly found: 'fault'; readonly message: string; readonly errno: string | null }
  | { readonly found: 'stalled'; readonly milliseconds: number }
  /** The thread that was at it crashed, and so did the next. */
  | { readonly found: 'crash' };

export function troubleOf(fault: unknown): Trouble {
  if (fault instanceof Stalled) return { found: 'stalled', milliseconds: fault.milliseconds };
  const message = fault instanceof Error ? fault.message : String(fault);
  return { found: 'fault', message, errno: errnoOf(fault) };
}

/** What accompanies a read. */
export interface Watch {
  /** Is asked before every chunk of so many bytes at most; it may wait, or throw to end the read. */
  pace(most: number): Plan<void>;
  /** Is told of every chunk that was read, in bytes. */
  onBytes(count: number): void;
}

/** Bytes read at once: hashing them takes well below a millisecond, and they fit a core's cache. */
export const CHUNK = 256 * 1_024;

/** Looks at the kind and size of an artifact without opening it. */
export function* look(run: Pin, names: Names): Plan<Look> {
  const parents = names.slice(0, -1);
  const last = names.at(-1) ?? '';
  if (parents.length === 0) return yield* lookIn(run, last);
  const walked = yield* walk(run, parents);
  if (walked.ended !== 'at') return nothing(walked.ended === 'absent' ? null : walked.kind);
  try {
    if (!walked.pin.stats.isDirectory()) return nothing(kindOf(walked.pin.stats));
    return yield* lookIn(walked.pin, last);
  } finally {
    yield* walked.pin.release();
  }
}

function* lookIn(directory: Pin, name: string): Plan<Look> {
  const stats = yield* directory.look(name);
  if (stats === null) return nothing(null);
  const kind = kindOf(stats);
  return kind === 'regular file'
    ? { found: 'regular', size: sizeOf(stats), identity: identityOf(stats) }
    : { found: 'not regular', kind };
}

/** What stands where a directory should lead on: without entries it cannot hold the artifact; a symlink might. */
function nothing(inTheWay: Kind | null): Nothing {
  return inTheWay === 'symlink' ? { found: 'not regular', kind: 'symlink' } : { found: 'missing' };
}

function sizeOf({ size }: Stats): number | bigint {
  return size <= Number.MAX_SAFE_INTEGER ? Number(size) : size;
}

/** Of the revision that a look or a descriptor tells of. */
export function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: Stats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}

/** A file that was touched a moment ago may be touched again without moving its times. Milliseconds. */
const SETTLED_AFTER = 2_000;

function isSettledAt(time: number, { mtimeMs, ctimeMs }: Stats): boolean {
  return time - Number(mtimeMs > ctimeMs ? mtimeMs : ctimeMs) >= SETTLED_AFTER;
}

/** How an artifact is read. */
export interface Manner {
  /** Bytes it had when it was looked at. */
  readonly size: number;
  /** Is used again for every chunk. */
  readonly buffer: Uint8Array;
  readonly watch: Watch;
}

/** Reads an artifact whole into a hash. */
export function* hashFile(run: Pin, names: Names, manner: Manner): Plan<Reading> {
  const walked = yield* walk(run, names);
  if (walked.ended !== 'at') return nothing(walked.ended === 'absent' ? null : walked.kind);
  const { pin } = walked;
  try {
    const { stats } = pin;
    const kind = kindOf(stats);
    if (kind !== 'regular file') return { found: 'not regular', kind };
    const fd = yield* pin.open();
    try {
      return yield* hashOpen(fd, stats, manner);
    } finally {
      yield* close(fd);
    }
  } finally {
    yield* pin.release();
  }
}

function* hashOpen(fd: number, before: Stats, { size: expected, buffer, watch }: Manner): Plan<Content> {
  const begunAt = Date.now();
  const hash = createHash('sha256');
  // A file that grows is cut off one byte later: that is enough to know.
  const most = expected + 1;
  let bytesRead = 0;
  while (bytesRead < most) {
    const wanted = Math.min(buffer.length, most - bytesRead);
    yield* watch.pace(wanted);
    const count = yield* read(fd, buffer, 0, wanted);
    if (count === 0) break;
    hash.update(buffer.subarray(0, count));
    watch.onBytes(count);
    bytesRead += count;
    // A short read at the size it had is the end; if it grew meanwhile, `after` tells.
    if (count < wanted && bytesRead === expected) break;
  }
  const after = yield* fstat(fd);
  const change = changeBetween(before, after);
  const size = sizeOf(after) === expected ? bytesRead : Number(after.size);
  const digest = hash.digest('hex');
  const isSettled = isSettledAt(begunAt, after);
  return { found: 'read', size, bytesRead, digest, change, identity: identityOf(after), isSettled };
}

function changeBetween(before: Stats, after: Stats): 'none' | 'ctime' | 'content' {
  if (!isSameEntry(before, after) || before.size !== after.size || before.mtimeNs !== after.mtimeNs) {
    return 'content';
  }
  return before.ctimeNs === after.ctimeNs ? 'none' : 'ctime';
}
