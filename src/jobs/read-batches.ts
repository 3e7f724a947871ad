/** Splits the files of one request into batches for the threads, and resolves when every file has a result. */

import type { Cancellation } from '../concurrency/abort.ts';
import type { ReadFailure } from '../hashing/look-at-file.ts';
import type { RunAddress } from '../repository/open-run.ts';
import { outOfThreads } from './out-of-threads.ts';
import type { Pool } from './pool.ts';
import type { Job, Jobs } from './protocol.ts';
import type { TaskClass } from './task.ts';

/** One file. */
export interface FileToRead {
  /** From the run directory. */
  readonly path: string;
  /** Bytes that it should have. */
  readonly size: number;
}

/** Files of one run, and who asks about them. */
export interface FilesRequest {
  readonly run: RunAddress;
  readonly files: readonly FileToRead[];
  readonly taskClass: TaskClass;
  readonly cancellation: Cancellation;
  /** Takes bytes as they are read, with the place of their file. */
  readonly onBytes: (index: number, count: number) => void;
}

/** How files are given to threads. */
export interface Batching {
  readonly pool: Pool;
  readonly stallTimeoutMs: number;
  /** Files of one batch. */
  readonly most: number;
}

/** Files of a request that go to a thread together, by their places. */
interface FileBatch {
  readonly places: readonly number[];
  /** Threads that crashed with it. */
  readonly crashes: number;
}

/** How often a file may be at a thread that crashes. */
const READ_TRIES = 2;

/** Results in the order of the files. A file that stalls or crashes a thread stands for itself: the others of its batch go on. */
export async function readInBatches<T extends 'look' | 'read'>(
  request: FilesRequest,
  { pool, stallTimeoutMs, most }: Batching,
  jobFor: (files: readonly FileToRead[]) => Job<T>,
): Promise<readonly Jobs[T]['result'][number][]> {
  const { files, taskClass, cancellation, onBytes } = request;
  const results: (Jobs[T]['result'][number] | ReadFailure)[] = files.map(() => CRASHED);
  const show = createByteReporter(files.length, onBytes);

  async function runBatch({ places, crashes }: FileBatch): Promise<void> {
    const [only = 0] = places;
    const outcome = await pool.run(jobFor(places.map((place) => files[place] ?? NO_FILE)), {
      taskClass,
      cancellation,
      // In a batch of several files nobody can say whose the bytes are before it is done.
      onBytes: (total) => {
        if (places.length === 1) show(only, total);
      },
    });
    switch (outcome.type) {
      case 'done':
        for (const [index, place] of places.entries()) {
          const result = outcome.result[index] ?? CRASHED;
          results[place] = result;
          if (result.type === 'content') show(place, result.bytesRead);
        }
        return;
      case 'failed':
        for (const place of places) results[place] = outcome.failure;
        return;
      case 'out-of-threads':
        throw outOfThreads();
      case 'stalled': {
        const stuck = places[outcome.item] ?? only;
        results[stuck] = { type: 'stalled', milliseconds: stallTimeoutMs };
        const others = places.filter((place) => place !== stuck);
        return others.length === 0 ? undefined : runBatch({ places: others, crashes });
      }
      case 'crashed':
        // Each alone, so that what kills a thread takes no other with it.
        if (crashes + 1 < READ_TRIES || places.length > 1)
          await Promise.all(places.map((place) => runBatch({ places: [place], crashes: crashes + 1 })));
    }
  }

  const all = files.map((_, place) => place);
  const count = Math.ceil(all.length / most);
  await Promise.all(
    Array.from({ length: count }, (_, at) =>
      runBatch({ places: all.slice(at * most, (at + 1) * most), crashes: 0 }),
    ),
  );
  return results;
}

/** Reports of every file only the bytes that no read of it reported before: a file is read again after a crash. */
function createByteReporter(
  files: number,
  onBytes: FilesRequest['onBytes'],
): (place: number, total: number) => void {
  const shown = new Float64Array(files);
  return (place, total) => {
    const before = shown[place] ?? 0;
    if (total <= before) return;
    shown[place] = total;
    onBytes(place, total - before);
  };
}

export const CRASHED: ReadFailure = { type: 'crashed' };
const NO_FILE: FileToRead = { path: '', size: 0 };
