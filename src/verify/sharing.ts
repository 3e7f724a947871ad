/**
 * Reads are asked for by several inspections at a time, one read serves them all: one that is under way is joined, and one
 * that began after an inspection was asked for is as fresh as that inspection could be, even when it has ended.
 */

import { createCanceller, type Canceller } from '../cancellation.ts';
import { traceHash } from '../diagnostics.ts';
import type { Reading, Trouble } from './hashing/hash-file.ts';
import type { Hasher, ReadRequest } from './hashing/hasher.ts';

/** An inspection, as far as reads are shared. */
export interface Participation {
  /** Reads an artifact, or takes the read of another; `key` names the revision and how often it has been read. */
  read(request: ReadRequest, key: string): Promise<Reading | Trouble>;
  /** Says that the inspection is over. */
  leave(): void;
}

/** Shares reads among inspections. */
export interface Sharing {
  /** Says that an inspection was asked for. */
  join(): Participation;
}

interface SharedRead {
  /** When it began, on the clock of this sharing. */
  readonly begun: number;
  readonly reading: Promise<Reading | Trouble>;
  readonly canceller: Canceller;
  users: number;
  isOver: boolean;
}

export function shareReads(hasher: Hasher): Sharing {
  const reads = new Map<string, SharedRead>();
  const joined = new Set<number>();
  let clock = 0;

  function join(): Participation {
    const since = (clock += 1);
    joined.add(since);
    return {
      read: (request, key) => readOnce(request, key, since),
      leave: () => {
        joined.delete(since);
        forgetStale();
      },
    };
  }

  /** What began before every inspection that is still there serves none of them any more. */
  function forgetStale(): void {
    const [oldest = Infinity] = joined;
    for (const [key, { begun, isOver }] of reads) {
      if (begun >= oldest) return;
      if (isOver) reads.delete(key);
    }
  }

  async function readOnce(request: ReadRequest, key: string, since: number): Promise<Reading | Trouble> {
    const known = reads.get(key);
    if (known === undefined || (known.isOver && known.begun < since))
      return use(begin(request, key), request, key);
    const result = await use(known, request, key);
    // Whoever began it let go of the run before a thread took it up: that says nothing to us.
    const isTheirs = result.found === 'fault' && result.errno === 'EAGAIN';
    return isTheirs ? use(begin(request, key), request, key) : result;
  }

  function begin(request: ReadRequest, key: string): SharedRead {
    const canceller = createCanceller();
    const pathOf = (): string => [request.run.path, ...request.names].join('/');
    const reading = traceHash(pathOf, request.size, () =>
      hasher.read({ ...request, cancellation: canceller }),
    );
    const read: SharedRead = { begun: (clock += 1), reading, canceller, users: 0, isOver: false };
    const end = (): void => {
      read.isOver = true;
    };
    reading.then(end, end);
    reads.delete(key);
    reads.set(key, read);
    return read;
  }

  /** Waits for a read as one of its users; when the last one is cancelled, so is the read. */
  function use(read: SharedRead, { cancellation }: ReadRequest, key: string): Promise<Reading | Trouble> {
    read.users += 1;
    return new Promise((resolve, reject) => {
      const unlisten = cancellation.onCancel((reason) => {
        reject(reason);
        read.users -= 1;
        if (read.users > 0 || read.isOver) return;
        if (reads.get(key) === read) reads.delete(key);
        read.canceller.cancel(reason);
      });
      read.reading.then(resolve, reject).finally(unlisten);
    });
  }

  return { join };
}
