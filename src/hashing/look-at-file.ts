/** Looks at an artifact of a held run directory without opening it, and says what any look or read of one can see. */

import { isNativeError } from 'node:util/types';
import type { Stats } from '../fs/calls.ts';
import { errnoOf, Stalled } from '../fs/errno.ts';
import { identityOf, kindOf, sizeOf, walk, type Handle, type Kind } from '../fs/handle.ts';
import { timeOfDay } from '../concurrency/clock.ts';

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
  const message = isNativeError(fault) ? fault.message : String(fault);
  return { type: 'failed', message, errno: errnoOf(fault) };
}

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

export function describeFile(stats: Stats): FileLook {
  const kind = kindOf(stats);
  if (kind !== 'regular file') return { type: 'not-regular', kind };
  return {
    type: 'regular',
    size: sizeOf(stats),
    identity: identityOf(stats),
    isSettled: isSettledAt(timeOfDay(), stats),
  };
}

/** What stands where a directory should lead on: without entries it cannot hold the artifact; a symlink might. */
export function noFile(inTheWay: Kind | null): NoFile {
  return inTheWay === 'symlink' ? { type: 'not-regular', kind: 'symlink' } : { type: 'missing' };
}

/**
 * A file that was touched a moment ago may be touched again without moving its times: pages that a writer has mapped reach the
 * times only when they are written back, after some 30 s, and clocks of file servers differ. Milliseconds.
 */
const SETTLED_AFTER = 60_000;

export function isSettledAt(time: number, { mtimeMs, ctimeMs }: Stats): boolean {
  return time - Number(mtimeMs > ctimeMs ? mtimeMs : ctimeMs) >= SETTLED_AFTER;
}
