/**
 * Requests come in, threads look at and read the files, what they saw goes out. Threads start with the first request, stay
 * until `close()`, and keep no process alive when they are idle. One that crashes is replaced; one that hung storage holds
 * is counted as lost until it comes back, because nothing can end it.
 */

import { OutOfThreads } from '../../store/errno.ts';
import type { Look, Names, Reading, Trouble } from './hash-file.ts';
import type { Asking, Hasher, LookRequest, ReadRequest } from './hasher.ts';
import type { Job, Result } from './protocol.ts';
import { startThread, type ThreadHandle, type ThreadOptions } from './thread-handle.ts';

/** What a pool is made with. */
export interface PoolOptions extends ThreadOptions {
  readonly threads: number;
  readonly stallTimeoutMs: number;
  /** Hashes when threads cannot be had. */
  readonly fallback: Hasher;
  /** Is told why they cannot. */
  readonly onFallback: (reason: unknown) => void;
}

/** Files of one job: enough to make messages cheap, few enough for every thread to have some. */
const BATCH = { look: 512, read: 64 } as const;
/** Bytes of a job of several files to read; a larger file goes alone. */
const BATCH_BYTES = 1 << 20;
/** Milliseconds between two looks at what the threads do. */
const TICK = 50;
/** Milliseconds that a thread has to take up its first job, beyond the stall timeout. */
const START_UP = 10_000;
/** Threads that may be lost and replaced before the pool refuses. */
const MOST_LOST = 2;
/** Threads that may crash before files are hashed on the calling thread. */
const MOST_CRASHES = 4;
/** How often a file may be at a thread that crashes. */
const TRIES = 2;

/** One file of a request. */
interface Piece {
  readonly task: Job['task'];
  readonly asking: Asking;
  readonly names: Names;
  readonly size: number;
  readonly onBytes: (count: number) => void;
  readonly deliver: (result: Result) => void;
  readonly refuse: (reason: unknown) => void;
  crashes: number;
  /** Bytes that were told. */
  told: number;
}

interface Thread {
  readonly handle: ThreadHandle;
  /** What it works on; empty when it is idle, or lost. */
  pieces: readonly Piece[];
  beat: number;
  beatAt: number;
  isLost: boolean;
}

export function createPool(options: PoolOptions): Hasher {
  const threads = new Set<Thread>();
  const queue: Piece[] = [];
  let crashes = 0;
  let isFallen = false;
  let isClosed = false;
  let isScheduled = false;
  let ticking: NodeJS.Timeout | null = null;

  /** Requests of one turn of the event loop become jobs together. */
  function enqueue(pieces: readonly Piece[]): void {
    for (const piece of pieces) queue.push(piece);
    if (isScheduled) return;
    isScheduled = true;
    queueMicrotask(() => {
      isScheduled = false;
      dispatch();
    });
  }

  function dispatch(): void {
    while (queue.length > 0) {
      if (isFallen) return queue.splice(0).forEach(hashHere);
      const thread = [...threads].find(isIdle) ?? start();
      if (thread === null) return;
      assign(thread, takeBatch(queue));
    }
  }

  /** A further thread, or null when there are enough, or none can be had. */
  function start(): Thread | null {
    const lost = [...threads].filter(({ isLost }) => isLost).length;
    if (isClosed || threads.size - lost >= options.threads) return null;
    if (lost > MOST_LOST) {
      for (const { refuse } of queue.splice(0)) refuse(new OutOfThreads());
      return null;
    }
    try {
      return hire();
    } catch (reason) {
      fallBack(reason);
      return null;
    }
  }

  function hire(): Thread {
    const handle = startThread(options, {
      onDone: (results) => finish(thread, results),
      onEnd: (reason) => bury(thread, reason),
    });
    const thread: Thread = { handle, pieces: [], beat: 0, beatAt: 0, isLost: false };
    threads.add(thread);
    return thread;
  }

  function assign(thread: Thread, pieces: readonly Piece[]): void {
    const [first] = pieces;
    if (first === undefined) return;
    thread.pieces = pieces;
    thread.beatAt = performance.now();
    const files = pieces.map(({ names }) => names);
    thread.handle.give(first.task, first.asking.run.address, files);
    ticking ??= setInterval(tick, Math.min(TICK, options.stallTimeoutMs)).unref();
  }

  function finish(thread: Thread, results: readonly Result[]): void {
    const { pieces } = thread;
    thread.pieces = [];
    thread.isLost = false;
    rest();
    for (const [index, piece] of pieces.entries()) {
      const result = results[index];
      if (result === undefined) continue;
      if (result.found === 'read') tell(piece, result.size);
      piece.deliver(result);
    }
    dispatch();
  }

  /** Stops looking when there is nothing to see. */
  function rest(): void {
    if (ticking === null || [...threads].some(({ pieces }) => pieces.length > 0)) return;
    clearInterval(ticking);
    ticking = null;
  }

  function bury(thread: Thread, reason: unknown): void {
    if (!threads.delete(thread) || isClosed) return;
    rest();
    crashes += 1;
    // A thread that never took up its job did not die of it.
    const blame = thread.handle.hasBegun() ? 1 : 0;
    for (const piece of thread.pieces) {
      piece.crashes += blame;
      if (piece.crashes === TRIES) piece.deliver({ found: 'crash' });
      else queue.unshift(piece);
    }
    if (crashes > MOST_CRASHES) fallBack(reason);
    dispatch();
  }

  function fallBack(reason: unknown): void {
    if (isFallen) return;
    isFallen = true;
    options.onFallback(reason);
    queueMicrotask(dispatch);
  }

  function hashHere({ task, asking, names, size, onBytes, deliver, refuse }: Piece): void {
    const { fallback } = options;
    const result: Promise<Result | undefined> =
      task === 'look'
        ? fallback.look({ ...asking, files: [names] }).then(([each]) => each)
        : fallback.read({ ...asking, names, size, onBytes });
    void result.then((each) => deliver(each ?? { found: 'crash' }), refuse);
  }

  function tick(): void {
    const now = performance.now();
    for (const thread of threads) {
      const { pieces, handle } = thread;
      if (pieces.length === 0) continue;
      const [only] = pieces;
      // In a job of several files nobody can say whose the bytes are before it is done.
      if (pieces.length === 1 && only !== undefined) tell(only, handle.bytesRead());
      const beat = handle.beat();
      if (beat !== thread.beat) Object.assign(thread, { beat, beatAt: now });
      const patience = options.stallTimeoutMs + (handle.hasBegun() ? 0 : START_UP);
      if (now - thread.beatAt >= patience) lose(thread);
    }
  }

  /** Frees whoever waits for a thread that is stuck; the other files of its job go to another. */
  function lose(thread: Thread): void {
    const { pieces, handle } = thread;
    const stuck = handle.fileAt();
    thread.pieces = [];
    thread.isLost = true;
    handle.unref();
    rest();
    for (const [index, piece] of pieces.entries()) {
      if (index === stuck) piece.deliver({ found: 'stalled', milliseconds: options.stallTimeoutMs });
      else queue.unshift(piece);
    }
    dispatch();
  }

  /** Takes what nobody waits for any more out of the queue, and ends jobs that are only for such. */
  function forget(): void {
    const left = queue.filter(isWanted);
    if (left.length < queue.length) queue.splice(0, queue.length, ...left);
    for (const { pieces, handle } of threads) {
      if (pieces.length > 0 && !pieces.some(isWanted)) handle.endJob();
    }
  }

  /** Asks for files as one promise, which a cancellation rejects at once. */
  function ask<T>(asking: Asking, piecesOf: (settle: Settle<T>) => Piece[]): Promise<T> {
    const { cancellation } = asking;
    return new Promise((resolve, reject) => {
      if (cancellation.cancelled !== null) return reject(cancellation.cancelled.reason);
      const unlisten = cancellation.onCancel((reason) => {
        reject(reason);
        forget();
      });
      enqueue(
        piecesOf({
          resolve(value) {
            unlisten();
            resolve(value);
          },
          refuse(reason) {
            unlisten();
            reject(reason);
          },
        }),
      );
    });
  }

  function look({ files, ...asking }: LookRequest): Promise<readonly (Look | Trouble)[]> {
    if (files.length === 0) return Promise.resolve([]);
    return ask<readonly (Look | Trouble)[]>(asking, ({ resolve, refuse }) => {
      const looks = files.map((): Look | Trouble => ({ found: 'crash' }));
      let left = files.length;
      return files.map((names, index) => {
        const deliver = (result: Result): void => {
          if (result.found === 'read') return refuse(new Error('a look was answered with a read'));
          looks[index] = result;
          left -= 1;
          if (left === 0) resolve(looks);
        };
        const piece = { task: 'look', asking, names, size: 0, onBytes: ignore, deliver, refuse } as const;
        return { ...piece, crashes: 0, told: 0 };
      });
    });
  }

  function read({ names, size, onBytes, ...asking }: ReadRequest): Promise<Reading | Trouble> {
    return ask<Reading | Trouble>(asking, ({ resolve, refuse }) => {
      const deliver = (result: Result): void => {
        if (result.found === 'regular') refuse(new Error('a read was answered with a look'));
        else resolve(result);
      };
      const piece = { task: 'read', asking, names, size, onBytes, deliver, refuse } as const;
      return [{ ...piece, crashes: 0, told: 0 }];
    });
  }

  async function close(): Promise<void> {
    isClosed = true;
    if (ticking !== null) clearInterval(ticking);
    // Nothing ends a thread that the kernel holds: it goes when the storage answers.
    const ending = [...threads].map(({ handle, isLost }) => {
      const ended = handle.terminate();
      return isLost ? Promise.resolve() : ended;
    });
    threads.clear();
    await Promise.all(ending);
  }

  return { look, read, close };
}

interface Settle<T> {
  readonly resolve: (value: T) => void;
  readonly refuse: (reason: unknown) => void;
}

function ignore(): void {
  // A look reads nothing.
}

function isWanted({ asking }: Piece): boolean {
  return asking.cancellation.cancelled === null;
}

function isIdle({ pieces, isLost }: Thread): boolean {
  return pieces.length === 0 && !isLost;
}

/** What the next thread gets: the first file, and those behind it that fit into one job with it. */
function takeBatch(queue: Piece[]): Piece[] {
  const [first] = queue;
  if (first === undefined) return [];
  const most = BATCH[first.task];
  let bytes = 0;
  const end = queue.findIndex(({ task, asking, size, crashes }, index) => {
    if (index === 0) return false;
    bytes += size;
    // What was at a thread that crashed goes alone, so that it takes no other with it.
    const fits = index < most && first.size + bytes <= BATCH_BYTES && first.crashes + crashes === 0;
    return !fits || task !== first.task || asking.run !== first.asking.run;
  });
  return queue.splice(0, end === -1 ? queue.length : end);
}

function tell(piece: Piece, total: number): void {
  if (total <= piece.told) return;
  piece.onBytes(total - piece.told);
  piece.told = total;
}
