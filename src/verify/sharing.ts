/**
 * Reads are asked for by several inspections at a time, one read serves them all: one that is under way is joined, and one
 * that began after an inspection was asked for is as fresh as that inspection could be, even when it has ended.
 */

import { createCanceller, throwIfCancelled, type Canceller } from '../cancellation.ts';
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
export interface ReadRequest extends Omit<FilesRequest, 'files'> {
  readonly files: readonly KeyedFile[];
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
  users: number;
  isOver: boolean;
}

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
    const own = request.files.filter(({ key }) => !isFresh(places.get(key), since));
    begin(request, own);
    const results = await gather(request);
    // Whoever began a read may let go of the run before a thread takes it up: that says nothing to us.
    const lapsed = request.files.filter((file, index) => !own.includes(file) && isLapsed(results[index]));
    if (lapsed.length === 0) return results;
    throwIfCancelled(request.cancellation);
    begin(request, lapsed);
    const again = await gather({ ...request, files: lapsed });
    return request.files.map((file, index) => {
      const place = lapsed.indexOf(file);
      return (place === -1 ? results[index] : again[place]) ?? { found: 'crash' };
    });
  }

  async function gather(request: ReadRequest): Promise<Read[]> {
    const wanted = request.files.map(({ key }) => places.get(key));
    const batches = [...new Set(wanted.flatMap((place) => place?.batch ?? []))];
    const results = await Promise.all(batches.map((batch) => use(batch, request)));
    return wanted.map((place) => {
      const read = place && results[batches.indexOf(place.batch)]?.[place.index];
      return read ?? { found: 'crash' };
    });
  }

  function begin(request: ReadRequest, files: readonly KeyedFile[]): void {
    if (files.length === 0) return;
    const canceller = createCanceller();
    const positions = files.map((file) => request.files.indexOf(file));
    const onBytes = (index: number, count: number): void => request.onBytes(positions[index] ?? 0, count);
    const results = traceHash(request.run.path, files, () =>
      hasher.read({ ...request, files, onBytes, cancellation: canceller }),
    );
    const batch: Batch = { begun: (clock += 1), results, canceller, users: 0, isOver: false };
    const end = (): void => {
      batch.isOver = true;
    };
    results.then(end, end);
    for (const [index, { key }] of files.entries()) {
      places.delete(key);
      places.set(key, { batch, index });
    }
  }

  return { join };
}

/** Waits for reads as one of their users; when the last one is cancelled, so are the reads. */
function use(batch: Batch, { cancellation }: ReadRequest): Promise<readonly Read[]> {
  batch.users += 1;
  return new Promise((resolve, reject) => {
    const unlisten = cancellation.onCancel((reason) => {
      reject(reason);
      batch.users -= 1;
      if (batch.users === 0 && !batch.isOver) batch.canceller.cancel(reason);
    });
    batch.results.then(resolve, reject).finally(unlisten);
  });
}

function isFresh(place: Place | undefined, since: number): boolean {
  if (place === undefined || place.batch.canceller.cancelled !== null) return false;
  return !place.batch.isOver || place.batch.begun >= since;
}

function isLapsed(read: Read | undefined): boolean {
  return read?.found === 'fault' && read.errno === 'EAGAIN';
}
