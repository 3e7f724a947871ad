/**
 * Requests come in, threads look at and read the files, what they saw goes out. Threads start with the first request. What
 * one crashed with is tried once more elsewhere; where threads crash again and again, or cannot be had, this thread does it.
 */

import { OutOfThreads } from '../../store/errno.ts';
import { ask, deliver, isWanted, tell, type Batch } from './asked.ts';
import { createCrew, type CrewOptions } from './crew.ts';
import type { Look, Reading, Trouble } from './hash-file.ts';
import type { FilesRequest, Hasher } from './hasher.ts';
import type { Result } from './parcel.ts';
import type { Job } from './protocol.ts';

/** What a pool is made with. */
export interface PoolOptions extends CrewOptions {
  /** Hashes when threads cannot be had. */
  readonly fallback: Hasher;
  /** Is told why they cannot. */
  readonly onFallback: (reason: unknown) => void;
}

/** Crashes that count before files are hashed on the calling thread. */
const MOST_CRASHES = 4;
/** Batches done that make up for a crash: in a long life there may be some. */
const FORGIVEN_AFTER = 100;
/** How often a file may be at a thread that crashes. */
const TRIES = 2;

export function createPool(options: PoolOptions): Hasher {
  const { fallback } = options;
  const crew = createCrew(options, { onDone, onCrash, onStall });
  let queue: Batch[] = [];
  let crashes = 0;
  let isFallen = false;

  function begin(batches: readonly Batch[]): void {
    queue.push(...batches);
    dispatch();
  }

  function dispatch(): void {
    // What a lost or dead thread gave back may be wanted by nobody any more.
    queue = queue.filter(isWanted);
    try {
      for (let next = queue[0]; next !== undefined; next = queue[0]) {
        if (isFallen) hashHere(next);
        else if (!crew.give(next)) return;
        queue.shift();
      }
    } catch (reason) {
      if (reason instanceof OutOfThreads) for (const { asked } of queue.splice(0)) asked.refuse(reason);
      else fallBack(reason);
    }
  }

  function onDone(batch: Batch | null, made: readonly Result[]): void {
    // The thread goes on while its results are taken.
    dispatch();
    if (batch === null) return;
    crashes = Math.max(0, crashes - 1 / FORGIVEN_AFTER);
    made.forEach((result, index) => {
      const piece = batch.pieces[index];
      if (piece !== undefined) deliver(batch.asked, piece, result);
    });
  }

  function onCrash(reason: unknown, batch: Batch | null, hasBegun: boolean): void {
    crashes += 1;
    // A thread that never took up its batch did not die of it.
    if (batch !== null && hasBegun) retry(batch);
    else if (batch !== null) queue.unshift(batch);
    if (crashes > MOST_CRASHES) fallBack(reason);
    dispatch();
  }

  /** Each alone, so that what kills a thread takes no other with it. */
  function retry({ asked, pieces }: Batch): void {
    for (const piece of pieces) {
      piece.crashes += 1;
      if (piece.crashes === TRIES) deliver(asked, piece, { found: 'crash' });
      else queue.unshift({ asked, pieces: [piece] });
    }
  }

  /** Frees whoever waits for the file that a thread is stuck in; the others of its batch go to another. */
  function onStall({ asked, pieces }: Batch, at: number): void {
    const others = pieces.filter((_, index) => index !== at);
    if (others.length > 0) queue.unshift({ asked, pieces: others });
    const stuck = pieces[at];
    if (stuck !== undefined)
      deliver(asked, stuck, { found: 'stalled', milliseconds: options.stallTimeoutMs });
    dispatch();
  }

  function fallBack(reason: unknown): void {
    if (isFallen) return;
    isFallen = true;
    options.onFallback(reason);
    queueMicrotask(dispatch);
  }

  function hashHere({ asked, pieces }: Batch): void {
    for (const piece of pieces) {
      const onBytes = (_: number, count: number): void => tell(asked, piece, piece.told + count);
      const alone = { ...asked.request, files: [piece.file], onBytes };
      const treated: Promise<readonly Result[]> =
        asked.task === 'look' ? fallback.look(alone) : fallback.read(alone);
      void treated.then(([result]) => deliver(asked, piece, result ?? { found: 'crash' }), asked.refuse);
    }
  }

  /** Takes what nobody waits for any more out of the queue, and ends batches that are only for such. */
  function forget(): void {
    queue = queue.filter(isWanted);
    crew.endUnwanted();
  }

  function results(task: Job['task'], request: FilesRequest): Promise<readonly Result[]> {
    return ask(task, request, { begin, forget });
  }

  return {
    // A look must not wait behind giants that all threads are at.
    look: (request) =>
      crew.isBusy() ? fallback.look(request) : results('look', request).then((looks) => looks.map(asLook)),
    read: (request) => results('read', request).then((reads) => reads.map(asReading)),
    prepare() {
      try {
        if (!isFallen) crew.prepare();
      } catch (reason) {
        if (!(reason instanceof OutOfThreads)) fallBack(reason);
      }
    },
    close: () => crew.close(),
  };
}

function asLook(result: Result): Look | Trouble {
  if (result.found === 'read') throw new Error('a look was answered with a read');
  return result;
}

function asReading(result: Result): Reading | Trouble {
  if (result.found === 'regular') throw new Error('a read was answered with a look');
  return result;
}
