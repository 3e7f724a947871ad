/**
 * Shares reads among inspections: joins one in flight, or reuses a finished one that began after this inspection was requested. A
 * read that began before is joined only of a file that nobody had touched for a while: nobody is answered from before it asked.
 */

import { throwIfCancelled } from '../concurrency/abort.ts';
import type { FileRead, ReadFailure } from '../hashing/look-at-file.ts';
import type { Disk } from '../jobs/disk.ts';
import { CRASHED, type FilesRequest, type FileToRead } from '../jobs/read-batches.ts';
import {
  beginBatch,
  placesByBatch,
  useBatch,
  type BatchSlot,
  type BatchUser,
  type ReadBatch,
} from './read-batch.ts';

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
export interface ReadSession {
  /** Reads artifacts, or takes the reads of others; results in their order. */
  read(request: ReadRequest): Promise<readonly SharedRead[]>;
  /** Says that the inspection is over. */
  end(): void;
}

/** Shares reads among inspections. */
export interface SharedReads {
  /** Notes that an inspection was asked for. */
  begin(): ReadSession;
}

interface SharingState {
  readonly disk: Pick<Disk, 'read'>;
  /** The latest read of each file by its key, in the order in which they began. */
  readonly slots: Map<string, BatchSlot>;
  /** When each inspection that is not over was requested, in order. */
  readonly joined: Set<number>;
  /** The time of the last event; it counts requests for inspections, and batches that began. */
  clock: number;
}

/** What came of a read, and when it began. */
interface GatheredRead {
  readonly read: SharedRead;
  readonly begun: number;
}

/** Makes the sharing of reads for all inspections of one disk. */
export function shareReads(disk: Pick<Disk, 'read'>): SharedReads {
  const state: SharingState = { disk, slots: new Map(), joined: new Set(), clock: 0 };
  return { begin: () => beginSession(state) };
}

function beginSession(state: SharingState): ReadSession {
  const since = (state.clock += 1);
  state.joined.add(since);
  return {
    read: (request) => readShared(state, request, since),
    end: () => {
      state.joined.delete(since);
      forgetStale(state);
    },
  };
}

/** Forgets finished reads that began before every inspection that is not over: they can answer none of them. */
function forgetStale({ slots, joined }: SharingState): void {
  const [oldest = Infinity] = joined;
  for (const [key, { batch }] of slots) {
    if (batch.begun >= oldest) return;
    if (batch.isOver) slots.delete(key);
  }
}

/** Reads files for an inspection that was requested at `since`, and takes what others read where that may answer. */
async function readShared(
  state: SharingState,
  request: ReadRequest,
  since: number,
): Promise<readonly SharedRead[]> {
  throwIfCancelled(request.cancellation);
  const own = placesOf(request.files, (file) => !isFresh(state.slots.get(file.key), file, since));
  if (own.length === request.files.length) return readOwn(state, request, own);
  if (own.length > 0) beginOwn(state, request, own);
  const gathered = await gatherReads(state, request);
  const isOwn = new Set(own);
  const lapsed = placesOf(gathered, (each, place) => !isOwn.has(place) && isLapsed(each, since));
  const reads = gathered.map(({ read }) => read);
  if (lapsed.length === 0) return reads;
  throwIfCancelled(request.cancellation);
  const again = await readOwn(state, request, lapsed);
  for (const [index, place] of lapsed.entries()) reads[place] = again[index] ?? CRASHED;
  return reads;
}

/** Waits for the reads of all files of a request, whoever began them. */
async function gatherReads({ slots }: SharingState, request: ReadRequest): Promise<GatheredRead[]> {
  const { files, cancellation, onProgress } = request;
  const gathered = files.map((): GatheredRead => ({ read: CRASHED, begun: Infinity }));
  const waiting = Array.from(placesByBatch(slots, files), async ([batch, places]) => {
    const user: BatchUser = (index, total) => {
      const place = places.get(index);
      if (place !== undefined) onProgress(place, total);
    };
    const reads = await useBatch(batch, user, cancellation);
    for (const [index, place] of places)
      gathered[place] = { read: reads[index] ?? CRASHED, begun: batch.begun };
  });
  await Promise.all(waiting);
  return gathered;
}

/** Reads these files of a request, whoever has begun to. */
function readOwn(
  state: SharingState,
  request: ReadRequest,
  places: readonly number[],
): Promise<readonly SharedRead[]> {
  const user: BatchUser = (index, total) => request.onProgress(places[index] ?? 0, total);
  return useBatch(beginOwn(state, request, places), user, request.cancellation);
}

/** Begins to read these files of a request, and has whoever wants them next join. */
function beginOwn(state: SharingState, request: ReadRequest, places: readonly number[]): ReadBatch {
  const { slots } = state;
  const files = places.flatMap((place) => request.files[place] ?? []);
  const batch = beginBatch(state.disk, { ...request, files }, (state.clock += 1));
  for (const [index, { key }] of files.entries()) {
    // Deleted first: a key that is set again keeps its place among the others.
    slots.delete(key);
    slots.set(key, { batch, index });
  }
  return batch;
}

function placesOf<T>(items: readonly T[], is: (item: T, place: number) => boolean): number[] {
  return items.flatMap((item, place) => (is(item, place) ? place : []));
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

/** Whether a read that was joined says nothing to whoever did not begin it. */
function isLapsed({ read, begun }: GatheredRead, since: number): boolean {
  // Whoever began it may have released the run before a worker took it up.
  if (read.type === 'failed' && read.errno === 'EAGAIN') return true;
  return begun < since && !isSettledRead(read);
}

function isSettledRead(read: SharedRead): boolean {
  return (read.type === 'content' || read.type === 'regular') && read.isSettled;
}
