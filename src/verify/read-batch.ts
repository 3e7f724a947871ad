/** Reads that one inspection began together, and that others may use: they go on until the last user is cancelled. */

import { createCanceller, type Cancellation, type Canceller } from '../concurrency/abort.ts';
import { traceHash } from '../diagnostics.ts';
import type { FileRead, ReadFailure } from '../hashing/look-at-file.ts';
import type { Disk } from '../jobs/disk.ts';
import type { FilesRequest } from '../jobs/read-batches.ts';

/** What came of each file of a batch, in their order. */
type BatchResults = readonly (FileRead | ReadFailure)[];

/** Reads that were begun together. */
export interface ReadBatch {
  /** When, on the clock of the sharing. */
  readonly begun: number;
  /** Rejects with whatever keeps all files from being read. */
  readonly results: Promise<BatchResults>;
  /** Cancels all of them. */
  readonly canceller: Canceller;
  /** Bytes of each file that were read so far. */
  readonly totals: number[];
  /** Those that wait for it. */
  readonly users: Set<BatchUser>;
  isOver: boolean;
  /** What came of it; empty before it is over, and when it was rejected. */
  reads: BatchResults;
}

/** A read, by its place in its batch. */
export interface BatchSlot {
  readonly batch: ReadBatch;
  readonly index: number;
}

/** Takes how many bytes of a file of a batch were read in all, whenever that grows. */
export type BatchUser = (index: number, total: number) => void;

/** Files to be read together. */
export interface BatchRequest extends Omit<FilesRequest, 'cancellation' | 'onBytes'> {
  /** Takes the bytes of every chunk that is read. */
  readonly onBytes: (count: number) => void;
}

/** Begins to read files together; `begun` says when. */
export function beginBatch(disk: Pick<Disk, 'read'>, request: BatchRequest, begun: number): ReadBatch {
  const { run, files, taskClass } = request;
  const canceller = createCanceller();
  const totals = files.map(() => 0);
  const users = new Set<BatchUser>();
  const onBytes = (index: number, count: number): void => {
    request.onBytes(count);
    const total = (totals[index] ?? 0) + count;
    totals[index] = total;
    for (const user of users) user(index, total);
  };
  const results = traceHash(run.path, files, () =>
    disk.read({ run, files, taskClass, onBytes, cancellation: canceller }),
  );
  const batch: ReadBatch = { begun, results, canceller, totals, users, isOver: false, reads: [] };
  results.then(
    (reads) => endBatch(batch, reads),
    () => endBatch(batch, []),
  );
  return batch;
}

function endBatch(batch: ReadBatch, reads: BatchResults): void {
  batch.isOver = true;
  batch.reads = reads;
}

/** Waits for a batch as one of its users; when the last one is cancelled, so is the batch. */
export function useBatch(
  batch: ReadBatch,
  user: BatchUser,
  cancellation: Cancellation,
): Promise<BatchResults> {
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

/** Finds the batches that read these files; for each of them, the places of files among these by their places in the batch. */
export function placesByBatch(
  slots: ReadonlyMap<string, BatchSlot>,
  files: readonly { readonly key: string }[],
): Map<ReadBatch, Map<number, number>> {
  const byBatch = new Map<ReadBatch, Map<number, number>>();
  for (const [place, { key }] of files.entries()) {
    const slot = slots.get(key);
    if (slot === undefined) continue;
    const places = byBatch.get(slot.batch) ?? new Map<number, number>();
    byBatch.set(slot.batch, places.set(slot.index, place));
  }
  return byBatch;
}
