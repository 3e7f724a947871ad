/**
 * Batches of files come in, threads work on them, what became of each batch goes out. Threads stay until `close()`, and keep
 * no process alive when they are idle. One that hung storage holds is counted as lost until it comes back, because nothing
 * can end it.
 */

import { waitAWhile } from '../../patience.ts';
import { OutOfThreads } from '../../store/errno.ts';
import { isWanted, tell, type Batch } from './asked.ts';
import type { Result } from './parcel.ts';
import { startThread, type ThreadHandle, type ThreadOptions } from './thread-handle.ts';

/** What a crew is made with. */
export interface CrewOptions extends ThreadOptions {
  readonly threads: number;
  readonly stallTimeoutMs: number;
}

/** What becomes of batches. */
export interface CrewEvents {
  /** A thread is idle. Files behind an abort have no result; the batch is null when the thread had been lost with it. */
  readonly onDone: (batch: Batch | null, results: readonly Result[]) => void;
  /** The thread is no more; `hasBegun` says whether it had taken up the batch, null whether it had one. */
  readonly onCrash: (reason: unknown, batch: Batch | null, hasBegun: boolean) => void;
  /** The thread is stuck in a file of the batch. */
  readonly onStall: (batch: Batch, at: number) => void;
}

/** Threads. */
export interface Crew {
  /** Gives a batch to a thread that is idle, or to a new one; false when all that there may be are busy. */
  give(batch: Batch): boolean;
  /** Whether all threads there may be are busy. */
  isBusy(): boolean;
  /** Starts the first thread before there is work for it. Throws when none can be had. */
  prepare(): void;
  /** Ends batches that nobody waits for any more. */
  endUnwanted(): void;
  close(): Promise<void>;
}

interface Thread {
  readonly handle: ThreadHandle;
  /** What it works on; null when it is idle, or lost. */
  batch: Batch | null;
  beat: number;
  beatAt: number;
  isLost: boolean;
}

/** Milliseconds between two looks at what the threads do. */
const TICK = 50;
/** Milliseconds that a thread has to take up its first batch, beyond the stall timeout. */
const START_UP = 10_000;
/** Threads that may be lost and replaced before the crew refuses. */
const MOST_LOST = 2;

export function createCrew(options: CrewOptions, events: CrewEvents): Crew {
  const threads = new Set<Thread>();
  let isClosed = false;
  let ticking: NodeJS.Timeout | null = null;

  function give(batch: Batch): boolean {
    const thread = [...threads].find(isIdle) ?? hireIfAllowed();
    if (thread === null) return false;
    Object.assign(thread, { batch, beatAt: performance.now() });
    const { task, request } = batch.asked;
    thread.handle.give(
      task,
      request.run.address,
      batch.pieces.map(({ file }) => file),
    );
    ticking ??= setInterval(tick, Math.min(TICK, options.stallTimeoutMs)).unref();
    return true;
  }

  function isFull(): boolean {
    return [...threads].filter(({ isLost }) => !isLost).length >= options.threads;
  }

  function hireIfAllowed(): Thread | null {
    if (isClosed || isFull()) return null;
    const lost = [...threads].filter(({ isLost }) => isLost).length;
    if (lost > MOST_LOST) {
      // Those that are left take it in their turn.
      if (threads.size > lost) return null;
      throw new OutOfThreads();
    }
    return hire();
  }

  function hire(): Thread {
    const handle = startThread(options, {
      onDone: (results) => finish(thread, results),
      onEnd: (reason) => bury(thread, reason),
    });
    const thread: Thread = { handle, batch: null, beat: 0, beatAt: 0, isLost: false };
    threads.add(thread);
    return thread;
  }

  /** Takes its batch from a thread. */
  function relieve(thread: Thread): Batch | null {
    const { batch } = thread;
    thread.batch = null;
    // There is nothing to see any more.
    if (ticking !== null && [...threads].every((each) => each.batch === null)) {
      clearInterval(ticking);
      ticking = null;
    }
    return batch;
  }

  function finish(thread: Thread, results: readonly Result[]): void {
    const batch = relieve(thread);
    thread.isLost = false;
    events.onDone(batch, results);
  }

  function bury(thread: Thread, reason: unknown): void {
    if (!threads.delete(thread) || isClosed) return;
    events.onCrash(reason, relieve(thread), thread.handle.hasBegun());
  }

  function tick(): void {
    const now = performance.now();
    for (const thread of threads) if (thread.batch !== null) watch(thread, thread.batch, now);
  }

  function watch(thread: Thread, batch: Batch, now: number): void {
    const { handle } = thread;
    tellOf(batch, handle);
    const beat = handle.beat();
    if (beat !== thread.beat) Object.assign(thread, { beat, beatAt: now });
    const patience = options.stallTimeoutMs + (handle.hasBegun() ? 0 : START_UP);
    if (now - thread.beatAt >= patience) lose(thread);
  }

  function lose(thread: Thread): void {
    const { handle } = thread;
    const at = handle.fileAt();
    const batch = relieve(thread);
    thread.isLost = true;
    // When the storage answers, nobody wants the rest.
    handle.endJob();
    handle.unref();
    if (batch !== null) events.onStall(batch, at);
  }

  async function close(): Promise<void> {
    isClosed = true;
    if (ticking !== null) clearInterval(ticking);
    const ending = [...threads].map(({ handle }) => handle.terminate());
    threads.clear();
    // Nothing ends a thread that the kernel holds: it goes when the storage answers.
    await waitAWhile(Promise.all(ending));
  }

  return {
    give,
    isBusy: () => isFull() && ![...threads].some(isIdle),
    prepare: () => void (threads.size === 0 && hireIfAllowed()),
    endUnwanted() {
      for (const { batch, handle } of threads) {
        if (batch === null || isWanted(batch)) continue;
        tellOf(batch, handle);
        handle.endJob();
      }
    },
    close,
  };
}

function isIdle({ batch, isLost }: Thread): boolean {
  return batch === null && !isLost;
}

/** In a batch of several files nobody can say whose the bytes are before it is done. */
function tellOf({ asked, pieces }: Batch, handle: ThreadHandle): void {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) tell(asked, only, handle.bytesRead());
}
