/** Reads one artifact of a held run directory: its size and SHA-256 from one read of one revision, chunk by chunk. */

import * as crypto from 'node:crypto';
import { close, fstat, read, type Io, type Stats } from '../fs/calls.ts';
import { errnoOf, Stalled } from '../fs/errno.ts';
import {
  hasIdentity,
  identityOf,
  isCtimeMoved,
  isSameRevision,
  kindOf,
  sizeOf,
  walk,
  type Handle,
  type Kind,
} from '../fs/handle.ts';

/** Why there is nothing to read. */
export type NoFile = { readonly type: 'missing' } | { readonly type: 'not-regular'; readonly kind: Kind };

/** A regular file that was looked at and not read. */
export interface RegularFile {
  readonly type: 'regular';
  /** Bytes; a number wherever one can say it. */
  readonly size: number | bigint;
  /** Device, inode, size, and the times of modification and of change in nanoseconds. */
  readonly identity: string;
  /** Whether it had not been touched for a while: then nobody is writing to it, as far as its times can tell. */
  readonly isSettled: boolean;
}

/** What a look without reading saw. */
export type FileLook = NoFile | RegularFile;

/** What a read saw of a regular file of the size it was expected to have. */
export interface FileContent {
  readonly type: 'content';
  /** Bytes it has: those that were read, unless the file tells of another number than it had when it was looked at. */
  readonly size: number;
  /** Bytes that were read; at most one more than it had. */
  readonly bytesRead: number;
  /** 64 lower-case hexadecimal digits. */
  readonly digest: string;
  /**
   * What happened to the file meanwhile: a link, a chmod or a rename moves only its `ctime`. But with the other times put back,
   * `ctime` is also the only sign of a rewrite.
   */
  readonly change: 'none' | 'ctime' | 'content';
  readonly identity: string;
  readonly isSettled: boolean;
}

/** What one read saw; of a file of another size than it should have, which is final, no byte was read. */
export type FileRead = FileLook | FileContent;

/** Why there is no answer about a file, as data. */
export type ReadFailure =
  /** A fault; the name of its errno, or null when it is none of the system's. */
  | { readonly type: 'failed'; readonly message: string; readonly errno: string | null }
  | { readonly type: 'stalled'; readonly milliseconds: number }
  /** The thread that was at it crashed, and so did the next. */
  | { readonly type: 'crashed' };

export function failureOf(fault: unknown): ReadFailure {
  if (fault instanceof Stalled) return { type: 'stalled', milliseconds: fault.milliseconds };
  const message = fault instanceof Error ? fault.message : String(fault);
  return { type: 'failed', message, errno: errnoOf(fault) };
}

/** Bytes read at once: hashing them takes well below a millisecond, and they fit a core's cache. */
export const CHUNK = 256 * 1_024;

/** Looks at the kind and size of an artifact without opening it. */
export function lookAtFile(run: Handle, names: readonly string[]): FileLook {
  const parents = names.slice(0, -1);
  const last = names.at(-1) ?? '';
  if (parents.length === 0) return lookInDirectory(run, last);
  const walked = walk(run, parents);
  if (walked.type !== 'held') return noFile(walked.type === 'absent' ? null : walked.kind);
  const { handle } = walked;
  try {
    return handle.stats.isDirectory() ? lookInDirectory(handle, last) : noFile(kindOf(handle.stats));
  } finally {
    handle.release();
  }
}

function lookInDirectory(directory: Handle, name: string): FileLook {
  const stats = directory.look(name);
  return stats === null ? noFile(null) : describeFile(stats);
}

function describeFile(stats: Stats): FileLook {
  const kind = kindOf(stats);
  if (kind !== 'regular file') return { type: 'not-regular', kind };
  return {
    type: 'regular',
    size: sizeOf(stats),
    identity: identityOf(stats),
    isSettled: isSettledAt(Date.now(), stats),
  };
}

/** What stands where a directory should lead on: without entries it cannot hold the artifact; a symlink might. */
function noFile(inTheWay: Kind | null): NoFile {
  return inTheWay === 'symlink' ? { type: 'not-regular', kind: 'symlink' } : { type: 'missing' };
}

/**
 * A file that was touched a moment ago may be touched again without moving its times: pages that a writer has mapped reach the
 * times only when they are written back, after some 30 s, and clocks of file servers differ. Milliseconds.
 */
const SETTLED_AFTER = 60_000;

function isSettledAt(time: number, { mtimeMs, ctimeMs }: Stats): boolean {
  return time - Number(mtimeMs > ctimeMs ? mtimeMs : ctimeMs) >= SETTLED_AFTER;
}

/** A read that is under way. To be released. */
export interface OngoingRead {
  readonly type: 'reading';
  /** Bytes of the next step, at most. */
  readonly ahead: () => number;
  /** Reads a chunk; false when there is nothing more to read. */
  readonly step: () => boolean;
  /** What was read. */
  readonly end: () => FileContent;
  readonly release: () => void;
}

/** Begins to read an artifact that should have `size` bytes; `buffer` is used again for every chunk. */
export function beginRead(
  run: Handle,
  names: readonly string[],
  { size, buffer }: { readonly size: number; readonly buffer: Uint8Array },
  io: Io,
): OngoingRead | FileLook {
  const walked = walk(run, names);
  if (walked.type !== 'held') return noFile(walked.type === 'absent' ? null : walked.kind);
  const { handle } = walked;
  try {
    const seen = handle.stats;
    if (!seen.isFile() || sizeOf(seen) !== size) return describeFile(seen);
    return readOpen(handle.open(), seen, buffer, io);
  } finally {
    handle.release();
  }
}

/** What an SHA-256 is taken of in one call, where the Node has it, which is cheaper than an object for a small file. */
const hashAtOnce = 'hash' in crypto ? crypto.hash : null;

function readOpen(fd: number, before: Stats, buffer: Uint8Array, io: Io): OngoingRead {
  const begunAt = Date.now();
  const expected = Number(before.size);
  // A file that grows is cut off one byte later: that is enough to know.
  const most = expected + 1;
  let hash: crypto.Hash | null = null;
  let digest: string | null = null;
  let bytesRead = 0;

  function take(chunk: Uint8Array): void {
    if (hash === null && chunk.length === expected && hashAtOnce !== null)
      digest = hashAtOnce('sha256', chunk, 'hex');
    else {
      hash ??= crypto.createHash('sha256');
      hash.update(chunk);
    }
  }

  return {
    type: 'reading',
    ahead: () => Math.min(buffer.length, most - bytesRead),
    step() {
      const wanted = Math.min(buffer.length, most - bytesRead);
      const count = read(io, fd, buffer, { length: wanted });
      if (count === 0) return false;
      take(buffer.subarray(0, count));
      io.count(count);
      bytesRead += count;
      // A short read at the size it had is the end; if it grew meanwhile, its stats tell.
      return bytesRead < most && !(count < wanted && bytesRead === expected);
    },
    end() {
      const after = fstat(io, fd);
      return {
        type: 'content',
        size: sizeOf(after) === expected ? bytesRead : Number(after.size),
        bytesRead,
        digest: digest ?? (hash ?? crypto.createHash('sha256')).digest('hex'),
        change: changeBetween(before, after),
        identity: identityOf(after),
        isSettled: isSettledAt(begunAt, after),
      };
    },
    release: () => close(fd),
  };
}

function changeBetween(before: Stats, after: Stats): 'none' | 'ctime' | 'content' {
  if (isSameRevision(before, after)) return 'none';
  return isCtimeMoved(before, after) ? 'ctime' : 'content';
}

/** Bytes of the revision of a file that was hashed. */
export interface RangeRequest {
  readonly names: readonly string[];
  /** Of what was hashed. */
  readonly identity: string;
  readonly position: number;
  readonly length: number;
}

/** Reads some bytes of a file; null when it is another revision by now. At most `length`, and fewer only where it ends. */
export function readRange(
  run: Handle,
  { names, identity, position, length }: RangeRequest,
  io: Io,
): Uint8Array | null {
  const walked = walk(run, names);
  if (walked.type !== 'held') return null;
  const { handle } = walked;
  try {
    if (!handle.stats.isFile() || !hasIdentity(handle.stats, identity)) return null;
    const fd = handle.open();
    try {
      // Fresh memory: a chunk may be kept, or be given to another thread.
      const buffer = Buffer.allocUnsafeSlow(length);
      const count = read(io, fd, buffer, { position });
      return count > 0 && hasIdentity(fstat(io, fd), identity) ? buffer.subarray(0, count) : null;
    } finally {
      close(fd);
    }
  } finally {
    handle.release();
  }
}
