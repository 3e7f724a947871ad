/**
 * System calls as values: a plan yields them one at a time, whoever drives the plan performs them.
 * One plan so serves both worlds, at once in a thread and asynchronously on the event loop.
 * Only reading calls exist here.
 */

import * as fs from 'node:fs';
import { isTransient, RETRIES } from './errno.ts';

/** One system call that has not been made yet. */
export interface Call {
  /** Makes it on this thread and waits. */
  readonly now: () => void;
  /** Makes it elsewhere; `done` gets the fault, or null. */
  readonly later: (done: (fault: Error | null) => void) => void;
  /** Gives back what it acquired, when nobody waits for its result any more, and tells when that is done. */
  readonly discard: (done: () => void) => void;
  /**
   * `wait` is a pause or a turn, which asks nothing of the storage. `release` gives something back and is made whatever
   * became of the caller; a plan may make any other call only where it may also be ended. `ask once` cannot be asked again
   * after an interruption: what it would answer then is not what was missed.
   */
  readonly kind: 'ask' | 'ask once' | 'wait' | 'release';
}

/** A sequence of system calls that ends in a value; throws the fault of a call that failed. */
export type Plan<T> = Generator<Call, T, void>;

/** A path as the file system takes it; a buffer where a name is not UTF-8. */
export type FsPath = string | Buffer;

/** What fstat tells; bigint, for nanoseconds and for sizes past 2^53. */
export type Stats = fs.BigIntStats;

interface Making<T> {
  readonly now: () => T;
  readonly later: (done: (fault: Error | null, value: T) => void) => void;
  readonly discard?: (value: T, done: () => void) => void;
  readonly kind?: Call['kind'];
}

function* make<T>({ now, later, discard, kind = 'ask' }: Making<T>): Plan<T> {
  let made: { readonly value: T } | null = null;
  yield {
    now: () => {
      made = { value: now() };
    },
    later: (done) => {
      later((fault, value) => {
        if (fault === null) made = { value };
        done(fault);
      });
    },
    discard: (done) => {
      if (made === null || discard === undefined) done();
      else discard(made.value, done);
    },
    kind,
  };
  return unwrap(made);
}

function unwrap<T>(made: { readonly value: T } | null): T {
  if (made === null) throw new Error('a plan was resumed before its call was made');
  return made.value;
}

export function open(path: FsPath, flags: number): Plan<number> {
  return make({
    now: () => fs.openSync(path, flags),
    later: (done) => fs.open(path, flags, done),
    discard: (fd, done) => fs.close(fd, () => done()),
  });
}

/** A fault of closing says nothing about what was read, so it is not told. */
export function close(fd: number): Plan<void> {
  return make<void>({
    now: () => {
      try {
        fs.closeSync(fd);
      } catch {
        // On Linux the descriptor is gone even then.
      }
    },
    later: (done) => fs.close(fd, () => done(null, undefined)),
    kind: 'release',
  });
}

export function fstat(fd: number): Plan<Stats> {
  return make({
    now: () => fs.fstatSync(fd, { bigint: true }),
    later: (done) => fs.fstat(fd, { bigint: true }, done),
  });
}

export function lstat(path: FsPath): Plan<Stats> {
  return make({
    now: () => fs.lstatSync(path, { bigint: true }),
    later: (done) => fs.lstat(path, { bigint: true }, done),
  });
}

export function stat(path: FsPath): Plan<Stats> {
  return make({
    now: () => fs.statSync(path, { bigint: true }),
    later: (done) => fs.stat(path, { bigint: true }, done),
  });
}

/** Reads on from where the descriptor stands; 0 at the end. */
export function read(fd: number, buffer: Uint8Array, offset: number, length: number): Plan<number> {
  return make({
    now: () => fs.readSync(fd, buffer, offset, length, null),
    later: (done) => fs.read(fd, buffer, offset, length, null, done),
  });
}

/** One name in a directory with its kind; each character of the name is one byte of it, so that none is lost. */
export type Entry = fs.Dirent;

/** Entries taken from a directory at once: a directory of a million names must not stall the loop. */
const SLICE = 1_024;

/**
 * Lists a directory, in no order: what `pick` makes of its entries, which are many, but for null. From the start again when it
 * was interrupted.
 */
export function* list<T>(path: FsPath, pick: (entry: Entry) => T | null): Plan<T[]> {
  for (let retry = 0; ; retry += 1) {
    try {
      return yield* listOnce(path, pick);
    } catch (fault) {
      if (!isTransient(fault) || retry === RETRIES) throw fault;
    }
  }
}

function* listOnce<T>(path: FsPath, pick: (entry: Entry) => T | null): Plan<T[]> {
  const directory = yield* openDirectory(path);
  const picked: T[] = [];
  try {
    for (;;) {
      const slice = yield* readSlice(directory);
      if (slice.length === 0) return picked;
      for (const entry of slice) {
        const item = pick(entry);
        if (item !== null) picked.push(item);
      }
    }
  } finally {
    yield* closeDirectory(directory);
  }
}

function openDirectory(path: FsPath): Plan<fs.Dir> {
  const options: fs.OpenDirOptions = { bufferSize: SLICE };
  // Node's types do not know it here. With another encoding, Node asks for the kind of an entry, where the file system does
  // not tell it, by a name that may not exist.
  Reflect.set(options, 'encoding', 'buffer');
  // Node's types want a string here; the call itself takes a buffer as well.
  const name = path.toString();
  return make({
    now: () => fs.opendirSync(name, options),
    later: (done) => fs.opendir(name, options, done),
    discard: (directory, done) => directory.close(() => done()),
  });
}

function readSlice(directory: fs.Dir): Plan<Entry[]> {
  return make<Entry[]>({
    now: () => {
      const slice: Entry[] = [];
      let entry: Entry | null = null;
      while (slice.length < SLICE && (entry = directory.readSync()) !== null) slice.push(bytewise(entry));
      return slice;
    },
    later: (done) => {
      const slice: Entry[] = [];
      const next = (): void =>
        directory.read((fault, entry) => {
          if (fault !== null || entry === null) return done(fault, slice);
          slice.push(bytewise(entry));
          return slice.length < SLICE ? next() : done(null, slice);
        });
      next();
    },
    kind: 'ask once',
  });
}

function bytewise(entry: Entry): Entry {
  const name: unknown = entry.name;
  if (Buffer.isBuffer(name)) entry.name = name.toString('latin1');
  return entry;
}

function closeDirectory(directory: fs.Dir): Plan<void> {
  return make<void>({
    now: () => directory.closeSync(),
    later: (done) => directory.close(() => done(null, undefined)),
    kind: 'release',
  });
}

/** Waits, to give a writer the time to finish. */
export function pause(milliseconds: number): Plan<void> {
  return make<void>({
    now: () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds),
    later: (done) => setTimeout(done, milliseconds, null),
    kind: 'wait',
  });
}

/** Gives everything else on this thread a turn. */
export function turn(): Plan<void> {
  return make<void>({
    now: () => undefined,
    later: (done) => setImmediate(done, null),
    kind: 'wait',
  });
}

/** Milliseconds of work between two turns: half of what a frame of 60 in a second has. */
const STINT = 8;

/** Makes a plan that gives others a turn whenever work has gone on for a while; to be asked often. */
export function createTurns(): () => Plan<void> {
  let since = performance.now();
  return function* () {
    if (performance.now() - since < STINT) return;
    yield* turn();
    since = performance.now();
  };
}
