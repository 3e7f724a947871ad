/**
 * Reading system calls, made at once on the calling thread. Each first reports to the job it belongs to, so that an abort ends
 * a job between two calls, and a thread that stands still is known to be stuck in one. Only reading calls exist here.
 */

import * as fs from 'node:fs';
import { errnoOf, isTransient, RETRIES, RETRY_PAUSE } from './errno.ts';

/** What a job lets the calls on its behalf know, and be ended by. */
export interface Io {
  /** Runs before every call. Throws to end the job. */
  readonly before: () => void;
  /** Runs after every call that `before` let pass, whatever came of it. */
  readonly after: () => void;
  /** Publishes the path, in the form of answers, that the next calls are about: a call that never returns cannot say it. */
  readonly at: (path: string) => void;
  /** Publishes which item of the job the next calls are about. */
  readonly atItem: (index: number) => void;
  /** Counts bytes of artifacts that were read. */
  readonly count: (bytes: number) => void;
  /** Whether others on this thread should get a turn. Never on a thread of ours, which has nothing else to do. */
  readonly isDue: () => boolean;
  /** Gives them one. */
  readonly turn: () => Promise<void>;
  /** Waits a number of milliseconds. Throws to end the job. */
  readonly pause: (milliseconds: number) => Promise<void>;
}

/** A path as the file system takes it; a buffer where a name is not UTF-8. */
export type FsPath = string | Buffer;

/** A name in a directory; a buffer where it is not ASCII. */
export type Name = string | Buffer;

/** The result of a stat; bigint, for nanoseconds and for sizes past 2^53. */
export type Stats = fs.BigIntStats;

const BIGINT = { bigint: true } as const;
const BIGINT_IF_THERE = { bigint: true, throwIfNoEntry: false } as const;

export function open(io: Io, path: FsPath, flags: number): number {
  return retried(io, () => fs.openSync(path, flags));
}

/** Closes, whatever became of the job. A fault of closing says nothing about what was read: on Linux the descriptor is gone. */
export function close(fd: number): void {
  try {
    fs.closeSync(fd);
  } catch {
    // Nothing is left that could be given back.
  }
}

export function fstat(io: Io, fd: number): Stats {
  return retried(io, () => fs.fstatSync(fd, BIGINT));
}

export function lstat(io: Io, path: FsPath): Stats {
  return retried(io, () => fs.lstatSync(path, BIGINT));
}

/** Null when nothing is there, without an error object, which would cost ten times as much as the call. */
export function lstatIfThere(io: Io, path: FsPath): Stats | null {
  return retried(io, () => fs.lstatSync(path, BIGINT_IF_THERE)) ?? null;
}

export function stat(io: Io, path: FsPath): Stats {
  return retried(io, () => fs.statSync(path, BIGINT));
}

/** Reads up to `length` bytes at `position`, or from where the descriptor stands; 0 at the end. */
export function read(
  io: Io,
  fd: number,
  buffer: Uint8Array,
  { offset = 0, length = buffer.length, position = null }: ReadRange = {},
): number {
  return retried(io, () => fs.readSync(fd, buffer, offset, length, position));
}

/** Which bytes go where. */
export interface ReadRange {
  readonly offset?: number;
  readonly length?: number;
  /** Null reads on from where the descriptor stands. */
  readonly position?: number | null;
}

/**
 * Names in a directory, in no order, each character of one standing for one byte of it. Names only: where the kernel gives no
 * `d_type` (FUSE, ext4 without `filetype`), Node would stat every entry by itself, and one that vanished would fail all.
 */
export function names(io: Io, path: FsPath): string[] {
  return retried(io, () => fs.readdirSync(path, { encoding: 'latin1' }));
}

/** A name of `names` as paths take it. */
export function nameOf(bytewise: string): Name {
  // eslint-disable-next-line no-control-regex
  return /^[\x00-\x7f]*$/.test(bytewise) ? bytewise : Buffer.from(bytewise, 'latin1');
}

/** The path of a name in a directory. */
export function join(directory: FsPath, name: Name): FsPath {
  if (typeof directory === 'string' && typeof name === 'string') return `${directory}/${name}`;
  return Buffer.concat([Buffer.from(directory), Buffer.from('/'), Buffer.from(name)]);
}

/** Makes a call again where it was interrupted, or found a lease of another program in its way. */
function retried<T>(io: Io, call: () => T): T {
  for (let retry = 0; ; retry += 1) {
    io.before();
    try {
      return call();
    } catch (fault) {
      if (!isTransient(fault) || retry === RETRIES) throw fault;
      if (errnoOf(fault) === 'EAGAIN') wait(RETRY_PAUSE);
    } finally {
      io.after();
    }
  }
}

/** Stops this thread for a moment. */
export function wait(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
