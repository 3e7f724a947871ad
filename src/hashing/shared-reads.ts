/**
 * Reads are asked for by several inspections at a time, one read serves them all: one that is under way is joined, and one
 * that began after an inspection was asked for is as fresh as that inspection could be, even when it has ended.
 */

import { createCanceller, throwIfCancelled, type Cancellation, type Canceller } from '../cancellation.ts';
import { traceHash } from '../diagnostics.ts';
import type { Reading, Trouble } from './hashing/hash-file.ts';
import type { FilesRequest, FileToAsk, Hasher } from './hashing/hasher.ts';

/** What came of a read. */
export type Read = Reading | Trouble;

/** An artifact to be read. */
export interface KeyedFile extends FileToAsk {
  /** Names the run, the path, the revision, and how often it has been read. */
  readonly key: string;
}

/** Artifacts to be read. */
export interface ReadRequest extends Omit<FilesRequest, 'files' | 'onBytes'> {
  readonly files: readonly KeyedFile[];
  /** Is told of every chunk that is read because of this request. */
  readonly onBytes: (count: number) => void;
  /** Is told how many bytes a read has read in all, whoever began it, with the place of its file. */
  readonly onProgress: (index: number, total: number) => void;
}

/** An inspection, as far as reads are shared. */
export interface Participation {
  /** Reads artifacts, or takes the reads of others; results in their order. */
  read(request: ReadRequest): Promise<readonly Read[]>;
  /** Says that the inspection is over. */
  leave(): void;
}

/** Shares reads among inspections. */
export interface Sharing {
  /** Says that an inspection was asked for. */
  join(): Participation;
}

/** Reads that were begun together. */
interface Batch {
  /** When, on the clock of this sharing. */
  readonly begun: number;
  readonly results: Promise<readonly Read[]>;
  readonly canceller: Canceller;
  /** Bytes of each file that were read so far. */
  readonly totals: number[];
  /** Whoever waits for it. */
  readonly users: Set<User>;
  isOver: boolean;
}

/** Is told of the bytes of a file of a batch. */
type User = (index: number, total: number) => void;

/** A read, by its place in its batch. */
interface Place {
  readonly batch: Batch;
  readonly index: number;
}

export function shareReads(hasher: Hasher): Sharing {
  const places = new Map<string, Place>();
  const joined = new Set<number>();
  let clock = 0;

  function join(): Participation {
    const since = (clock += 1);
    joined.add(since);
    return {
      read: (request) => readFor(request, since),
      leave: () => {
        joined.delete(since);
        forgetStale();
      },
    };
  }

  /** What began before every inspection that is still there serves none of them any more. */
  function forgetStale(): void {
    const [oldest = Infinity] = joined;
    for (const [key, { batch }] of places) {
      if (batch.begun >= oldest) return;
      if (batch.isOver) places.delete(key);
    }
  }

  async function readFor(request: ReadRequest, since: number): Promise<readonly Read[]> {
    throwIfCancelled(request.cancellation);
    const own = placesOf(request.files, ({ key }) => !isFresh(places.get(key), since));
    if (own.length === request.files.length) return readOwn(request, own);
    if (own.length > 0) begin(request, own);
    const results = await gather(request);
    // Whoever began a read may let go of the run before a thread takes it up: that says nothing to us.
    const isOwn = new Set(own);
    const lapsed = placesOf(results, (read, place) => isLapsed(read) && !isOwn.has(place));
    if (lapsed.length === 0) return results;
    throwIfCancelled(request.cancellation);
    const again = await readOwn(request, lapsed);
    for (const [index, place] of lapsed.entries()) results[place] = again[index] ?? CRASH;
    return results;
  }

  /** Waits for the reads of all files of a request, whoever began them. */
  async function gather({ files, cancellation, onProgress }: ReadRequest): Promise<Read[]> {
    const results = files.map((): Read => CRASH);
    const wanted = new Map<Batch, Map<number, number>>();
    for (const [place, { key }] of files.entries()) {
      const held = places.get(key);
      if (held === undefined) continue;
      const its = wanted.get(held.batch) ?? new Map<number, number>();
      wanted.set(held.batch, its.set(held.index, place));
    }
    const waiting = Array.from(wanted, async ([batch, its]) => {
      const user: User = (index, total) => {
        const place = its.get(index);
        if (place !== undefined) onProgress(place, total);
      };
      const reads = await use(batch, user, cancellation);
      for (const [index, place] of its) results[place] = reads[index] ?? CRASH;
    });
    await Promise.all(waiting);
    return results;
  }

  /** Reads these files of a request, whoever has begun to. */
  function readOwn(request: ReadRequest, which: readonly number[]): Promise<readonly Read[]> {
    const user: User = (index, total) => request.onProgress(which[index] ?? 0, total);
    return use(begin(request, which), user, request.cancellation);
  }

  /** Begins to read these files of a request. */
  function begin(request: ReadRequest, which: readonly number[]): Batch {
    const canceller = createCanceller();
    const files = which.flatMap((place) => request.files[place] ?? []);
    const totals = files.map(() => 0);
    const users = new Set<User>();
    const onBytes = (index: number, count: number): void => {
      request.onBytes(count);
      const total = (totals[index] ?? 0) + count;
      totals[index] = total;
      for (const user of users) user(index, total);
    };
    const results = traceHash(request.run.path, files, () =>
      hasher.read({ ...request, files, onBytes, cancellation: canceller }),
    );
    const batch: Batch = { begun: (clock += 1), results, canceller, totals, users, isOver: false };
    const end = (): void => {
      batch.isOver = true;
    };
    results.then(end, end);
    files.forEach(({ key }, index) => {
      places.delete(key);
      places.set(key, { batch, index });
    });
    return batch;
  }

  return { join };
}

const CRASH: Read = { found: 'crash' };

function placesOf<T>(items: readonly T[], is: (item: T, place: number) => boolean): number[] {
  return items.flatMap((item, place) => (is(item, place) ? place : []));
}

/** Waits for reads as one of their users; when the last one is cancelled, so are the reads. */
function use(batch: Batch, user: User, cancellation: Cancellation): Promise<readonly Read[]> {
  for (const [index, total] of batch.totals.entries()) if (total > 0) user(index, total);
  batch.users.add(user);
  return new Promise((resolve, reject) => {
    const unlisten = cancellation.onCancel((reason) => {
      reject(reason);
      batch.users.delete(user);
      if (batch.users.size === 0 && !batch.isOver) batch.canceller.cancel(reason);
    });
    const end = (): void => {
      unlisten();
      batch.users.delete(user);
    };
    batch.results.then(resolve, reject).finally(end);
  });
}

function isFresh(place: Place | undefined, since: number): boolean {
  if (place === undefined || place.batch.canceller.cancelled !== null) return false;
  return !place.batch.isOver || place.batch.begun >= since;
}

function isLapsed(read: Read): boolean {
  return read.found === 'fault' && read.errno === 'EAGAIN';
}
