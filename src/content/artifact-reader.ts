/** Reads artifacts for validators: exactly the revision that was hashed, a chunk a job, with nothing held between two chunks. */

import { throwIfCancelled, type Cancellation } from '../concurrency/abort.ts';
import { errnoOf, shortageOf, Stalled } from '../fs/errno.ts';
import type { Disk } from '../jobs/disk.ts';
import type { RunAddress } from '../repository/open-run.ts';
import { Refusal } from '../model/errors.ts';

/** Which revision of which file is read. */
export interface Verified {
  /** From the run directory. */
  readonly path: string;
  /** Of what was hashed. */
  readonly identity: string;
  /** Bytes. */
  readonly size: number;
}

/** How the artifacts of one inspection are read. */
export interface ArtifactSource {
  readonly run: RunAddress;
  readonly disk: Pick<Disk, 'readRange'>;
  /** Bytes of one chunk, at most. */
  readonly chunk: number;
  /** Takes the bytes of every chunk. */
  readonly onBytes: (count: number) => void;
}

/** Whether the storage is at work, and not the validator. */
export interface Pulse {
  readonly begin: () => void;
  readonly end: () => void;
}

/** Why a file could not be read. */
export type ReaderFailure =
  | { readonly type: 'changed' }
  | { readonly type: 'stalled'; readonly milliseconds: number }
  | { readonly type: 'unreadable'; readonly errno: string }
  /** Says nothing about the file: the inspection cannot go on. */
  | { readonly type: 'shortage'; readonly fault: unknown };

/** Reads one file, any number of times. */
export interface Reader {
  /** From the beginning. */
  chunks(): AsyncGenerator<Uint8Array, void>;
  /** The first bytes of it, at most `most`. */
  head(most: number): Promise<Uint8Array>;
  /** What went wrong first, or null. */
  failure(): ReaderFailure | null;
}

/** The file is not the one that was hashed any more. */
class Changed extends Error {
  constructor() {
    super('the file changed after it was hashed');
    this.name = 'Changed';
  }
}

/** `cancellation` ends all reading; after it nothing is opened any more. */
export function createReader(
  file: Verified,
  source: ArtifactSource,
  cancellation: Cancellation,
  pulse: Pulse,
): Reader {
  const names = file.path.split('/');
  let failure: ReaderFailure | null = null;

  async function* chunks(most: number): AsyncGenerator<Uint8Array, void> {
    for (let position = 0; position < most;) {
      const length = Math.min(most - position, source.chunk);
      const chunk = await work({ names, identity: file.identity, position, length });
      source.onBytes(chunk.length);
      position += chunk.length;
      yield chunk;
    }
  }

  /** Keeps what went wrong, unless it is only that nobody waits any more. */
  async function work(range: Parameters<Disk['readRange']>[1]): Promise<Uint8Array> {
    throwIfCancelled(cancellation);
    pulse.begin();
    try {
      const chunk = await source.disk.readRange(source.run, range, cancellation);
      if (chunk === null) throw new Changed();
      return chunk;
    } catch (fault) {
      if (cancellation.cancelled === null) failure ??= failureOfRead(fault);
      throw fault;
    } finally {
      pulse.end();
    }
  }

  return {
    chunks: () => chunks(file.size),
    async head(most) {
      const parts: Uint8Array[] = [];
      for await (const chunk of chunks(Math.min(most, file.size))) parts.push(chunk);
      return Buffer.concat(parts);
    },
    failure: () => failure,
  };
}

function failureOfRead(fault: unknown): ReaderFailure {
  if (fault instanceof Changed) return { type: 'changed' };
  if (fault instanceof Refusal || shortageOf(fault) !== null) return { type: 'shortage', fault };
  if (fault instanceof Stalled) return { type: 'stalled', milliseconds: fault.milliseconds };
  const errno = errnoOf(fault);
  return errno === null ? { type: 'shortage', fault } : { type: 'unreadable', errno };
}
