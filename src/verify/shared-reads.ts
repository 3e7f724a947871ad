/**
 * Deduplicates reads: joins one in flight, or reuses a finished one that began after this inspection was requested. A read that
 * began before is joined only of a file that nobody had touched for a while: nobody is answered from before it asked.
 */

import {
  createCanceller,
  throwIfCancelled,
  type Cancellation,
  type Canceller,
} from '../concurrency/abort.ts';
import { traceHash } from '../diagnostics.ts';
import type { FileRead, ReadFailure } from '../hashing/hash-file.ts';
import type { Disk } from '../jobs/disk.ts';
import { CRASHED, type FilesRequest, type FileToRead } from '../jobs/read-batches.ts';

/** What came of a read. */
export type SharedRead = FileRead | ReadFailure;

/** An artifact to be read. */
export interface KeyedFile extends FileToRead {
  /** Names the run and the revision of its record, the path and the revision of the file, and how often it has been read. */
  readonly key: string;
  /** Whether a read that began before may answer: only where the key names a revision that nobody had touched for a while. */
  readonly mayJoinEarlier: boolean;
}

/** Artifacts to be read. */
export interface ReadRequest extends Omit<FilesRequest, 'files' | 'onBytes'> {
  readonly files: readonly KeyedFile[];
  /** Takes the bytes of every chunk that is read because of this request. */
  readonly onBytes: (count: number) => void;
  /** Takes how many bytes a read has read in all, whoever began it, with the place of its file. */
  readonly onProgress: (index: number, total: number) => void;
}

/** An inspection, as far as reads are shared. */
export interface Participation {
  /** Reads artifacts, or takes the reads of others; results in their order. */
  read(request: ReadRequest): Promise<readonly SharedRead[]>;
  /** Says that the inspection is over. */
  leave(): void;
}

/** Shares reads among inspections. */
export interface SharedReads {
  /** Notes that an inspection was asked for. */
  join(): Participation;
}

/** Reads that were begun together. */
interface ReadBatch {
  /** When, on the clock of this sharing. */
  readonly begun: number;
  readonly results: Promise<readonly SharedRead[]>;
  readonly canceller: Canceller;
  /** Bytes of each file that were read so far. */
  readonly totals: number[];
  /** Whoever waits for it. */
  readonly users: Set<User>;
  isOver: boolean;
  /** What came of it; empty before it is over. */
  reads: readonly SharedRead[];
}

/** Takes the bytes of a file of a batch as they are read. */
type User = (index: number, total: number) => void;

/** A read, by its slot in its batch. */
interface BatchSlot {
  readonly batch: ReadBatch;
  readonly index: number;
}

export function shareReads(disk: Pick<Disk, 'read'>): SharedReads {
  const slots = new Map<string, BatchSlot>();
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
    for (const [key, { batch }] of slots) {
      if (batch.begun >= oldest) return;
      if (batch.isOver) slots.delete(key);
    }
  }

  async function readFor(request: ReadRequest, since: number): Promise<readonly SharedRead[]> {
    throwIfCancelled(request.cancellation);
    const own = placesOf(request.files, (file) => !isFresh(slots.get(file.key), file, since));
    if (own.length === request.files.length) return readOwn(request, own);
    if (own.length > 0) begin(request, own);
    const results = await gather(request);
    const isOwn = new Set(own);
    const lapsed = placesOf(results, ({ read, begun }, place) => {
      if (isOwn.has(place)) return false;
      // Whoever began a read may let go of the run before a thread takes it up: that says nothing to us.
      return isLapsed(read) || (begun < since && !isSettledRead(read));
    });
    const reads = results.map(({ read }) => read);
    if (lapsed.length === 0) return reads;
    throwIfCancelled(request.cancellation);
    const again = await readOwn(request, lapsed);
    for (const [index, place] of lapsed.entries()) reads[place] = again[index] ?? CRASHED;
    return reads;
  }

  /** Waits for the reads of all files of a request, whoever began them. */
  async function gather({ files, cancellation, onProgress }: ReadRequest): Promise<GatheredRead[]> {
    const results = files.map((): GatheredRead => ({ read: CRASHED, begun: Infinity }));
    const wanted = new Map<ReadBatch, Map<number, number>>();
    for (const [place, { key }] of files.entries()) {
      const held = slots.get(key);
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
      for (const [index, place] of its)
        results[place] = { read: reads[index] ?? CRASHED, begun: batch.begun };
    });
    await Promise.all(waiting);
    return results;
  }

  /** Reads these files of a request, whoever has begun to. */
  function readOwn(request: ReadRequest, which: readonly number[]): Promise<readonly SharedRead[]> {
    const user: User = (index, total) => request.onProgress(which[index] ?? 0, total);
    return use(begin(request, which), user, request.cancellation);
  }

  /** Begins to read these files of a request. */
  function begin(request: ReadRequest, which: readonly number[]): ReadBatch {
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
      disk.read({ ...request, files, onBytes, cancellation: canceller }),
    );
    const batch: ReadBatch = {
      begun: (clock += 1),
      results,
      canceller,
      totals,
      users,
      isOver: false,
      reads: [],
    };
    const end = (reads: readonly SharedRead[]): void => {
      Object.assign(batch, { isOver: true, reads });
    };
    results.then(end, () => end([]));
    files.forEach(({ key }, index) => {
      slots.delete(key);
      slots.set(key, { batch, index });
    });
    return batch;
  }

  return { join };
}

/** What came of a read, and when it began. */
interface GatheredRead {
  readonly read: SharedRead;
  readonly begun: number;
}

function placesOf<T>(items: readonly T[], is: (item: T, place: number) => boolean): number[] {
  return items.flatMap((item, place) => (is(item, place) ? place : []));
}

/** Waits for reads as one of their users; when the last one is cancelled, so are the reads. */
function use(batch: ReadBatch, user: User, cancellation: Cancellation): Promise<readonly SharedRead[]> {
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

/**
 * Whether a read may answer a request. Of a finished one only whole contents are as good as a read of one's own: what was missing
 * or too short may be there by now.
 */
function isFresh(slot: BatchSlot | undefined, { mayJoinEarlier }: KeyedFile, since: number): boolean {
  if (slot === undefined || slot.batch.canceller.cancelled !== null) return false;
  const { begun, isOver, reads } = slot.batch;
  if (isOver) {
    const read = reads[slot.index];
    if (read?.type !== 'content' || read.change !== 'none') return false;
  }
  return begun >= since || (mayJoinEarlier && !isOver);
}

function isSettledRead(read: SharedRead): boolean {
  return (read.type === 'content' || read.type === 'regular') && read.isSettled;
}

function isLapsed(read: SharedRead): boolean {
  return read.type === 'failed' && read.errno === 'EAGAIN';
}
