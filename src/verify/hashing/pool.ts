/**
 * Requests come in, threads look at and read the files, what they saw goes out. Threads start with the first request, stay
 * until `close()`, and keep no process alive when they are idle. One that crashes is replaced; one that hung storage holds
 * is counted as lost until it comes back, because nothing can end it.
 */

import { waitAWhile } from '../../patience.ts';
import { OutOfThreads } from '../../store/errno.ts';
import type { Look, Reading, Trouble } from './hash-file.ts';
import type { FilesRequest, FileToAsk, Hasher } from './hasher.ts';
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

/** A request, and what has come of it. */
interface Asked {
  readonly task: Job['task'];
  readonly request: FilesRequest;
  readonly results: Result[];
  left: number;
  readonly resolve: (results: readonly Result[]) => void;
  readonly refuse: (reason: unknown) => void;
}

/** One file of a request. */
interface Piece {
  readonly asked: Asked;
  readonly index: number;
  readonly file: FileToAsk;
  /** Threads that crashed with it. */
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
  let queue: Piece[] = [];
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

  function isBusy(): boolean {
    const live = [...threads].filter(({ isLost }) => !isLost);
    return live.length >= options.threads && !live.some(isIdle);
  }

  /** A further thread, or null when there are enough, or none can be had. */
  function start(): Thread | null {
    const lost = [...threads].filter(({ isLost }) => isLost).length;
    if (isClosed || isFallen || threads.size - lost >= options.threads) return null;
    if (lost > MOST_LOST) {
      for (const { asked } of queue.splice(0)) asked.refuse(new OutOfThreads());
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
    const files = pieces.map(({ file }) => file);
    thread.handle.give(first.asked.task, first.asked.request.run.address, files);
    ticking ??= setInterval(tick, Math.min(TICK, options.stallTimeoutMs)).unref();
  }

  function finish(thread: Thread, results: readonly Result[]): void {
    const { pieces } = thread;
    thread.pieces = [];
    thread.isLost = false;
    rest();
    for (const [index, piece] of pieces.entries()) {
      const result = results[index];
      if (result !== undefined) deliver(piece, result);
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
      if (piece.crashes === TRIES) deliver(piece, { found: 'crash' });
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

  function hashHere(piece: Piece): void {
    const { task, request, refuse } = piece.asked;
    const onBytes = (_: number, count: number): void => tell(piece, piece.told + count);
    const alone = { ...request, files: [piece.file], onBytes };
    const results: Promise<readonly Result[]> =
      task === 'look' ? options.fallback.look(alone) : options.fallback.read(alone);
    void results.then(([result]) => deliver(piece, result ?? { found: 'crash' }), refuse);
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
    // When the storage answers, nobody wants the rest.
    handle.endJob();
    handle.unref();
    rest();
    for (const [index, piece] of pieces.entries()) {
      if (index === stuck) deliver(piece, { found: 'stalled', milliseconds: options.stallTimeoutMs });
      else queue.unshift(piece);
    }
    dispatch();
  }

  /** Takes what nobody waits for any more out of the queue, and ends jobs that are only for such. */
  function forget(): void {
    queue = queue.filter(isWanted);
    for (const { pieces, handle } of threads) {
      if (pieces.length > 0 && !pieces.some(isWanted)) handle.endJob();
    }
  }

  /** A cancellation rejects at once, whatever the threads are at. */
  function ask(task: Job['task'], request: FilesRequest): Promise<readonly Result[]> {
    const { cancellation, files } = request;
    return new Promise((resolve, reject) => {
      if (cancellation.cancelled !== null) return reject(cancellation.cancelled.reason);
      if (files.length === 0) return resolve([]);
      const unlisten = cancellation.onCancel((reason) => {
        reject(reason);
        forget();
      });
      const asked: Asked = {
        task,
        request,
        results: files.map(() => ({ found: 'crash' })),
        left: files.length,
        resolve(results) {
          unlisten();
          resolve(results);
        },
        refuse(reason) {
          unlisten();
          reject(reason);
        },
      };
      enqueue(files.map((file, index) => ({ asked, index, file, crashes: 0, told: 0 })));
    });
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
    // A look must not wait behind giants that all threads are at.
    look: (request) =>
      isBusy() ? options.fallback.look(request) : ask('look', request).then((results) => results.map(asLook)),
    read: (request) => ask('read', request).then((results) => results.map(asReading)),
    prepare: () => void (threads.size === 0 && start()),
    close,
  };
}

function isWanted({ asked }: Piece): boolean {
  return asked.request.cancellation.cancelled === null;
}

function isIdle({ pieces, isLost }: Thread): boolean {
  return pieces.length === 0 && !isLost;
}

/** What the next thread gets: the first file, and those behind it that fit into one job with it. */
function takeBatch(queue: Piece[]): Piece[] {
  const [first] = queue;
  if (first === undefined) return [];
  const most = BATCH[first.asked.task];
  let bytes = first.file.size;
  const end = queue.findIndex(({ asked, file, crashes }, index) => {
    if (index === 0) return false;
    bytes += file.size;
    // What was at a thread that crashed goes alone, so that it takes no other with it.
    const fits = index < most && bytes <= BATCH_BYTES && first.crashes + crashes === 0;
    return !fits || asked.task !== first.asked.task || asked.request.run !== first.asked.request.run;
  });
  return queue.splice(0, end === -1 ? queue.length : end);
}

function deliver(piece: Piece, result: Result): void {
  const { asked, index } = piece;
  if (result.found === 'read') tell(piece, result.bytesRead);
  asked.results[index] = result;
  asked.left -= 1;
  if (asked.left === 0) asked.resolve(asked.results);
}

function tell(piece: Piece, total: number): void {
  if (total <= piece.told) return;
  const count = total - piece.told;
  piece.told = total;
  piece.asked.request.onBytes(piece.index, count);
}

function asLook(result: Result): Look | Trouble {
  if (result.found === 'read') throw new Error('a look was answered with a read');
  return result;
}

function asReading(result: Result): Reading | Trouble {
  if (result.found === 'regular') throw new Error('a read was answered with a look');
  return result;
}
