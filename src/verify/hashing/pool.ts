/**
 * Requests come in, threads look at and read the files, what they saw goes out. Threads start with the first request, stay
 * until `close()`, and keep no process alive when they are idle. One that crashes is replaced; one that hung storage holds
 * is counted as lost until it comes back, because nothing can end it.
 */

import { Worker } from 'node:worker_threads';
import { OutOfThreads, Reported, Stalled } from '../../store/errno.ts';
import type { Look, Reading } from './hash-file.ts';
import type { FileRequest, Hasher } from './hasher.ts';
import { CONTROL, type Job, type Outcome, type Result, type ThreadData } from './protocol.ts';

/** What a pool is made with. */
export interface PoolOptions {
  readonly threads: number;
  readonly stallTimeoutMs: number;
  /** Bytes a second, or null. */
  readonly rate: number | null;
  readonly schedule: SharedArrayBuffer;
  /** The source of the thread. */
  readonly source: string;
  /** Hashes when threads cannot be had. */
  readonly fallback: Hasher;
  /** Is told why they cannot. */
  readonly onFallback: (reason: unknown) => void;
}

/** A file whose thread crashed twice: nothing was learned about it. */
export class Crashed extends Error {
  constructor() {
    super('the thread that read it crashed, twice');
    this.name = 'Crashed';
  }
}

/** Files of one message: enough to make messages cheap, few enough for all threads to have some. */
const BATCH = { look: 512, read: 64 } as const;
/** Bytes of a batch of files to hash; a larger file goes alone. */
const BATCH_BYTES = 1 << 20;
/** Milliseconds between two looks at what the threads do. */
const TICK = 50;
/** Milliseconds a thread has to begin its first job. */
const START_UP = 10_000;
/** Threads beyond the regular ones that may be lost before the pool gives up, and crashes before it hashes in process. */
const MOST_LOST = 2;
const MOST_CRASHES = 4;

/** A request that waits, or is being worked on. */
interface Ticket {
  readonly task: Job['task'];
  readonly request: FileRequest;
  readonly resolve: (result: Look | Reading) => void;
  readonly fail: (reason: unknown) => void;
  /** Nobody waits for it any more. */
  isGone: boolean;
  crashes: number;
  /** Bytes that were told. */
  told: number;
}

interface Thread {
  readonly worker: Worker;
  readonly control: Int32Array;
  readonly bytes: BigInt64Array;
  /** What it works on; empty when it is idle. */
  tickets: readonly Ticket[];
  job: number;
  beat: number;
  beatAt: number;
  isLost: boolean;
}

export function createPool(options: PoolOptions): Hasher {
  const threads = new Set<Thread>();
  const queue: Ticket[] = [];
  let crashes = 0;
  let isFallen = false;
  let isClosed = false;
  let isScheduled = false;
  let ticking: NodeJS.Timeout | null = null;

  const lostThreads = (): number => [...threads].filter(({ isLost }) => isLost).length;
  const idle = (): Thread | undefined => [...threads].find(isIdle);

  function dispatch(): void {
    while (queue.length > 0) {
      const thread = idle() ?? start();
      if (thread === null) return;
      assign(thread, takeBatch(queue));
    }
  }

  /** A further thread, or null when there are enough, or none can be had. */
  function start(): Thread | null {
    const lost = lostThreads();
    if (isFallen || isClosed || threads.size - lost >= options.threads) return null;
    if (lost > MOST_LOST) {
      for (const ticket of queue.splice(0)) ticket.fail(new OutOfThreads());
      return null;
    }
    try {
      return startThread();
    } catch (reason) {
      fallBack(reason);
      return null;
    }
  }

  function startThread(): Thread {
    const data: ThreadData = {
      control: new SharedArrayBuffer(16),
      bytes: new SharedArrayBuffer(8),
      schedule: options.schedule,
      rate: options.rate,
    };
    const worker = new Worker(options.source, { eval: true, execArgv: [], workerData: data });
    const thread: Thread = {
      worker,
      control: new Int32Array(data.control),
      bytes: new BigInt64Array(data.bytes),
      tickets: [],
      job: 0,
      beat: 0,
      beatAt: 0,
      isLost: false,
    };
    worker.unref();
    worker.on('message', (outcome: Outcome) => finish(thread, outcome));
    worker.on('error', (reason) => crash(thread, reason));
    worker.on('exit', () => crash(thread, new Error('a hashing thread ended by itself')));
    threads.add(thread);
    return thread;
  }

  function assign(thread: Thread, tickets: readonly Ticket[]): void {
    const [first] = tickets;
    if (first === undefined) return;
    thread.tickets = tickets;
    thread.job += 1;
    thread.beatAt = performance.now();
    thread.worker.ref();
    const files = tickets.map(({ request }) => request.names);
    const job: Job = { id: thread.job, task: first.task, run: first.request.run.address, files };
    thread.worker.postMessage(job);
    ticking ??= setInterval(tick, Math.min(TICK, options.stallTimeoutMs)).unref();
  }

  function finish(thread: Thread, { id, results }: Outcome): void {
    if (id !== thread.job) return;
    const { tickets } = thread;
    release(thread);
    for (const [index, ticket] of tickets.entries()) {
      const result = results[index];
      if (result !== undefined) settle(ticket, result);
    }
    dispatch();
  }

  function release(thread: Thread): void {
    thread.tickets = [];
    thread.isLost = false;
    thread.worker.unref();
    if (ticking !== null && [...threads].every(isIdle)) {
      clearInterval(ticking);
      ticking = null;
    }
  }

  function crash(thread: Thread, reason: unknown): void {
    if (!threads.delete(thread) || isClosed) return;
    const { tickets } = thread;
    release(thread);
    crashes += 1;
    for (const ticket of tickets) {
      ticket.crashes += 1;
      if (ticket.crashes > 1) ticket.fail(new Crashed());
      else if (!ticket.isGone) queue.unshift(ticket);
    }
    if (crashes > MOST_CRASHES) fallBack(reason);
    dispatch();
  }

  function fallBack(reason: unknown): void {
    isFallen = true;
    options.onFallback(reason);
    for (const ticket of queue.splice(0)) inProcess(ticket);
  }

  function inProcess({ task, request, resolve, fail }: Ticket): void {
    const { fallback } = options;
    void (task === 'look' ? fallback.look(request) : fallback.read(request)).then(resolve, fail);
  }

  function tick(): void {
    const now = performance.now();
    for (const thread of threads) {
      if (thread.tickets.length === 0 || thread.isLost) continue;
      tellBytes(thread);
      const beat = Atomics.load(thread.control, CONTROL.beat);
      if (beat !== thread.beat) {
        thread.beat = beat;
        thread.beatAt = now;
      }
      const hasBegun = Atomics.load(thread.control, CONTROL.job) === thread.job;
      const patience = options.stallTimeoutMs + (hasBegun ? 0 : START_UP);
      if (now - thread.beatAt >= patience) lose(thread);
    }
  }

  /** Frees whoever waits for a thread that is stuck; the other files of its batch go to another. */
  function lose(thread: Thread): void {
    const { tickets } = thread;
    const stuck = Atomics.load(thread.control, CONTROL.file);
    thread.tickets = [];
    thread.isLost = true;
    thread.worker.unref();
    for (const [index, ticket] of tickets.entries()) {
      if (index === stuck) ticket.fail(new Stalled(options.stallTimeoutMs));
      else if (!ticket.isGone) queue.push(ticket);
    }
    dispatch();
  }

  function submit(task: Job['task'], request: FileRequest): Promise<Look | Reading> {
    const { signal } = request;
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const settled = (): void => signal?.removeEventListener('abort', abort);
      const ticket: Ticket = {
        task,
        request,
        resolve: (result) => {
          settled();
          resolve(result);
        },
        fail: (reason) => {
          settled();
          reject(reason);
        },
        isGone: false,
        crashes: 0,
        told: 0,
      };
      const abort = (): void => {
        ticket.isGone = true;
        reject(signal?.reason);
        forget(ticket);
      };
      signal?.addEventListener('abort', abort, { once: true });
      if (isFallen) return inProcess(ticket);
      queue.push(ticket);
      schedule();
    });
  }

  /** Requests of one turn of the event loop become batches together. */
  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    queueMicrotask(() => {
      isScheduled = false;
      dispatch();
    });
  }

  /** Takes a request that nobody waits for out of the queue, or ends the job that was only for such. */
  function forget(ticket: Ticket): void {
    const place = queue.indexOf(ticket);
    if (place !== -1) queue.splice(place, 1);
    for (const { tickets, control, job } of threads) {
      if (tickets.includes(ticket) && tickets.every(({ isGone }) => isGone)) {
        Atomics.store(control, CONTROL.abort, job);
      }
    }
  }

  async function close(): Promise<void> {
    isClosed = true;
    if (ticking !== null) clearInterval(ticking);
    const ending = [...threads].map(({ worker, isLost }) => {
      const ended = worker.terminate();
      // Nothing ends a thread that the kernel holds; it goes when the storage answers.
      return isLost ? null : ended;
    });
    threads.clear();
    await Promise.all(ending);
  }

  return {
    look: (request) => submit('look', request).then(asLook),
    read: (request) => submit('read', request).then(asReading),
    close,
  };
}

function isIdle({ tickets, isLost }: Thread): boolean {
  return tickets.length === 0 && !isLost;
}

/** What the next thread gets: the first request, and those behind it that fit into one message with it. */
function takeBatch(queue: Ticket[]): Ticket[] {
  const [first] = queue;
  if (first === undefined) return [];
  const { task, request } = first;
  const most = BATCH[task];
  let bytes = 0;
  const end = queue.findIndex((ticket, index) => {
    bytes += task === 'look' ? 0 : ticket.request.size;
    const fits = index === 0 || (index < most && bytes <= BATCH_BYTES);
    return !fits || ticket.task !== task || ticket.request.run !== request.run;
  });
  return queue.splice(0, end === -1 ? queue.length : end);
}

/** Tells of bytes that are being read; in a batch nobody can say whose they are before it is done. */
function tellBytes({ tickets, bytes }: Thread): void {
  const [ticket] = tickets;
  if (tickets.length === 1 && ticket !== undefined) tell(ticket, Number(Atomics.load(bytes, 0)));
}

function tell(ticket: Ticket, total: number): void {
  if (ticket.isGone || total <= ticket.told) return;
  const count = total - ticket.told;
  ticket.told = total;
  ticket.request.onBytes(count);
}

function settle(ticket: Ticket, result: Result): void {
  if (result.found === 'fault') return ticket.fail(new Reported(result.message, result.errno));
  if (result.found === 'read') tell(ticket, result.size);
  ticket.resolve(result);
}

function asLook(result: Look | Reading): Look {
  if (result.found === 'read') throw new Error('a look was answered with a read');
  return result;
}

function asReading(result: Look | Reading): Reading {
  if (result.found === 'regular') throw new Error('a read was answered with a look');
  return result;
}
