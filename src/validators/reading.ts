/**
 * A verified artifact comes in, its bytes go out, chunk by chunk: reached as for hashing, and only of the revision that was
 * hashed. What went wrong is kept, so that no validator can overlook it.
 */

import { throwIfCancelled, type Cancellation } from '../cancellation.ts';
import { close, fstat, read, type Plan } from '../store/calls.ts';
import type { Disk, Session } from '../store/disk.ts';
import { errnoOf, OutOfThreads, shortageOf, Stalled } from '../store/errno.ts';
import { walk, type Pin } from '../store/pin.ts';
import { identityOf, type Names } from '../verify/hashing/hash-file.ts';

/** Which revision of which file is read. */
export interface Verified {
  readonly names: Names;
  /** Of what was hashed. */
  readonly identity: string;
  /** Bytes. */
  readonly size: number;
}

/** How the artifacts of one inspection are read. */
export interface Reach {
  /** The run directory. */
  readonly run: Pin;
  /** The disk of the inspection, which holds the run directory until nobody uses it any more. */
  readonly disk: Disk;
  /** A disk of one's own: what hangs on it holds up nobody else. */
  readonly session: () => Session;
  /** Bytes of one chunk, at most. */
  readonly chunk: number;
  /** Waits before so many bytes are read. */
  readonly pace: (bytes: number) => Plan<void>;
  /** Is told of every chunk, in bytes. */
  readonly onBytes: (count: number) => void;
}

/** Whether the storage is at work, and not the validator. */
export interface Pulse {
  readonly begin: () => void;
  readonly end: () => void;
}

/** Why a file could not be read. */
export type Trouble =
  | { readonly what: 'changed' }
  | { readonly what: 'stalled'; readonly milliseconds: number }
  | { readonly what: 'unreadable'; readonly errno: string }
  /** Says nothing about the file: the inspection cannot go on. */
  | { readonly what: 'shortage'; readonly fault: unknown };

/** Reads one file, as often as it is asked to. */
export interface Reader {
  /** From the beginning. */
  chunks(): AsyncGenerator<Uint8Array, void>;
  /** The first bytes of it, so many at most. */
  head(most: number): Promise<Uint8Array>;
  /** What went wrong first, or null. */
  trouble(): Trouble | null;
  /** Gives back what was not read to its end. */
  end(): Promise<void>;
}

/** The file is not the one that was hashed any more. */
class Changed extends Error {
  constructor() {
    super('the file changed after it was hashed');
    this.name = 'Changed';
  }
}

/** `cancellation` ends all reading; after it nothing is opened any more. */
export function createReader(file: Verified, reach: Reach, cancellation: Cancellation, pulse: Pulse): Reader {
  const begun = new Set<AsyncGenerator<Uint8Array, void>>();
  let trouble: Trouble | null = null;

  async function* bytes(most: number): AsyncGenerator<Uint8Array, void> {
    throwIfCancelled(cancellation);
    const session = reach.session();
    const fd = await work(() => reach.disk.perform(openVerified(reach.run, file), cancellation, close));
    let left = most;
    try {
      while (left > 0) {
        const wanted = Math.min(left, reach.chunk);
        const chunk = await work(() => session.perform(readChunk(fd, wanted, reach), cancellation));
        if (chunk.length === 0) await work(() => Promise.reject(new Changed()));
        reach.onBytes(chunk.length);
        left -= chunk.length;
        yield chunk;
      }
    } finally {
      try {
        if (cancellation.cancelled === null && trouble === null)
          await work(() => session.perform(confirm(fd, file), cancellation));
      } finally {
        await session.end(close(fd));
      }
    }
  }

  /** Keeps what went wrong, unless it is only that nobody waits any more. */
  async function work<T>(perform: () => Promise<T>): Promise<T> {
    pulse.begin();
    try {
      return await perform();
    } catch (fault) {
      if (cancellation.cancelled === null) trouble ??= troubleOf(fault);
      throw fault;
    } finally {
      pulse.end();
    }
  }

  function chunks(most: number): AsyncGenerator<Uint8Array, void> {
    const generator = bytes(most);
    begun.add(generator);
    return generator;
  }

  return {
    chunks: () => chunks(file.size),
    async head(most) {
      const parts: Uint8Array[] = [];
      for await (const chunk of chunks(Math.min(most, file.size))) parts.push(chunk);
      return Buffer.concat(parts);
    },
    trouble: () => trouble,
    async end() {
      await Promise.allSettled([...begun].map((generator) => generator.return()));
    },
  };
}

function* openVerified(run: Pin, { names, identity }: Verified): Plan<number> {
  const walked = yield* walk(run, names);
  if (walked.ended !== 'at') throw new Changed();
  const { pin } = walked;
  try {
    if (!pin.stats.isFile() || identityOf(pin.stats) !== identity) throw new Changed();
    return yield* pin.open();
  } finally {
    yield* pin.release();
  }
}

function* readChunk(fd: number, wanted: number, { pace }: Reach): Plan<Uint8Array> {
  yield* pace(wanted);
  // Fresh memory: a chunk may be kept, or be given to a thread; and a read that hangs writes into it much later.
  const buffer = Buffer.allocUnsafeSlow(wanted);
  const count = yield* read(fd, buffer, 0, wanted);
  return buffer.subarray(0, count);
}

function* confirm(fd: number, { identity }: Verified): Plan<void> {
  if (identityOf(yield* fstat(fd)) !== identity) throw new Changed();
}

function troubleOf(fault: unknown): Trouble {
  if (fault instanceof Changed) return { what: 'changed' };
  if (fault instanceof OutOfThreads || shortageOf(fault) !== null) return { what: 'shortage', fault };
  if (fault instanceof Stalled) return { what: 'stalled', milliseconds: fault.milliseconds };
  const errno = errnoOf(fault);
  return errno === null ? { what: 'shortage', fault } : { what: 'unreadable', errno };
}
