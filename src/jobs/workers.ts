/**
 * The threads of one inspector: started when there is work, watched while they work, idle ones keep no process alive. One that
 * hung storage holds is counted as lost until it comes back, because nothing can end it, and is replaced, a few times.
 */

import { waitForGrace } from '../concurrency/grace.ts';
import type { JobReply } from './protocol.ts';
import { isWanted, type Task, type TaskClass } from './task.ts';
import { startWorker, type WorkerHandle, type WorkerOptions } from './worker-handle.ts';

/** What the threads are made with. */
export interface WorkersOptions extends WorkerOptions {
  /** Threads that hash in bulk at once. */
  readonly threads: number;
  readonly stallTimeoutMs: number;
}

/** One thread. */
export interface WorkerThread {
  readonly id: number;
  readonly handle: WorkerHandle;
  /** What it works on; null when it is idle, or lost. */
  task: Task | null;
  beat: number;
  beatAt: number;
  isLost: boolean;
  /** Run directories that it holds. */
  held: number;
}

/** What threads report. */
export interface WorkersEvents {
  /** A thread is idle; the task is null when the thread had been lost with it. */
  readonly onReply: (thread: WorkerThread, task: Task | null, reply: JobReply) => void;
  /** A thread is no more; `hasBegun` says whether it had taken up its task. */
  readonly onExit: (reason: unknown, task: Task | null, hasBegun: boolean) => void;
  /** A thread is stuck in its task, at an item and a path. */
  readonly onStall: (task: Task, item: number, path: string) => void;
  /** Some time has passed. */
  readonly onTick: () => void;
}

/** The threads of an inspector. */
export interface Workers {
  /**
   * A thread for a task: an idle one, or a new one; null while the task has to wait. Throws when none can be had, and
   * `NoThreadLeft` when all that there may be are lost.
   */
  readonly threadFor: (task: Task) => WorkerThread | null;
  readonly give: (thread: WorkerThread, task: Task) => void;
  /** Lets go of a run directory that a thread holds. */
  readonly release: (id: number, fd: number) => void;
  /** Ends tasks that nobody waits for any more. */
  readonly abortUnwanted: () => void;
  readonly close: () => Promise<void>;
}

/** Hung storage holds every thread that there may be. */
export class NoThreadLeft extends Error {}

/** Milliseconds between two looks at what the threads do. */
const TICK = 10;
/** Milliseconds between two looks behind which this program itself was stopped, or too busy to look. */
const LATE_TICK = 20 * TICK;
/** Milliseconds that a thread has to take up its first task, beyond the stall timeout. */
const START_UP = 10_000;
/** Milliseconds after which threads that are too many go: in a rush of calls the next one has work for them at once. */
const RETIRE_AFTER = 500;
/** Threads that may be lost and replaced. */
const MOST_LOST = 2;
/** Tasks at once that read no artifact whole; of searches fewer, because one may take long. */
const MOST_AT_ONCE = { metadata: 4, search: 3 } as const;
/**
 * Milliseconds that a task waits for a busy thread before another one is started for it, which costs some 25: a moment, but
 * longer behind others of class metadata, which are over soon unless their storage is slow.
 */
const WAIT_BEFORE_START = { metadata: 40, others: 4 } as const;

export function createWorkers(options: WorkersOptions, events: WorkersEvents): Workers {
  const threads = new Map<number, WorkerThread>();
  let lastId = 0;
  let isClosed = false;
  let ticking: NodeJS.Timeout | null = null;
  let tickedAt = 0;
  let retiring: NodeJS.Timeout | null = null;

  function threadFor(task: Task): WorkerThread | null {
    const live = [...threads.values()].filter(({ isLost }) => !isLost);
    const running = countRunning(live);
    if (isClosed || !isAdmitted(task.taskClass, running, options.threads)) return null;
    const idle = live.find((thread) => thread.task === null);
    if (idle !== undefined) return idle;
    if (threads.size - live.length > MOST_LOST) {
      // Those that are left take it in their turn, unless that may be hours away.
      if (live.some((thread) => thread.task?.taskClass !== 'bulk' || task.taskClass === 'bulk')) return null;
      throw new NoThreadLeft();
    }
    const { taskClass } = task;
    const isBehindOthers = (taskClass === 'metadata' || taskClass === 'search') && running[taskClass] > 0;
    const wait = isBehindOthers ? WAIT_BEFORE_START.metadata : WAIT_BEFORE_START.others;
    return live.length > 0 && performance.now() - task.since < wait ? null : spawn();
  }

  function spawn(): WorkerThread {
    const id = (lastId += 1);
    const handle = startWorker(options, {
      onReply: (reply) => finish(thread, reply),
      onExit: (reason) => exited(thread, reason),
    });
    const thread: WorkerThread = { id, handle, task: null, beat: 0, beatAt: 0, isLost: false, held: 0 };
    threads.set(id, thread);
    return thread;
  }

  function give(thread: WorkerThread, task: Task): void {
    Object.assign(thread, { task, beatAt: performance.now() });
    thread.handle.post(task.job);
    if (ticking !== null) return;
    tickedAt = performance.now();
    ticking = setInterval(tick, TICK).unref();
  }

  function finish(thread: WorkerThread, reply: JobReply): void {
    const task = takeTask(thread);
    thread.isLost = false;
    if (task !== null) showBytes(task, thread);
    events.onReply(thread, task, reply);
    detachExtra();
  }

  /** After a hang, and after a rush, threads go back to the number that was asked for. */
  function detachExtra(): void {
    if (threads.size <= options.threads + 1) return;
    retiring ??= setTimeout(() => {
      retiring = null;
      let live = [...threads.values()].filter(({ isLost }) => !isLost).length;
      for (const thread of threads.values()) {
        if (live <= options.threads + 1) return;
        if (thread.task !== null || thread.held > 0 || thread.isLost) continue;
        live -= 1;
        threads.delete(thread.id);
        void thread.handle.terminate();
      }
    }, RETIRE_AFTER).unref();
  }

  function exited(thread: WorkerThread, reason: unknown): void {
    if (!threads.delete(thread.id) || isClosed) return;
    const hasBegun = thread.handle.hasBegun();
    events.onExit(reason, takeTask(thread), hasBegun);
  }

  /** Takes its task from a thread. */
  function takeTask(thread: WorkerThread): Task | null {
    const { task } = thread;
    thread.task = null;
    // There is nothing to see any more.
    if (ticking !== null && [...threads.values()].every((each) => each.task === null)) {
      clearInterval(ticking);
      ticking = null;
    }
    return task;
  }

  function tick(): void {
    const now = performance.now();
    // A program that was stopped (SIGSTOP, a snapshot of its machine) saw none of the time that has passed.
    const wasStopped = now - tickedAt > LATE_TICK;
    tickedAt = now;
    for (const thread of threads.values()) {
      if (wasStopped) thread.beatAt = now;
      if (thread.task !== null) watch(thread, thread.task, now);
    }
    events.onTick();
  }

  function watch(thread: WorkerThread, task: Task, now: number): void {
    const { handle } = thread;
    showBytes(task, thread);
    const beat = handle.beat();
    const isInCall = beat % 2 !== 0;
    const hasBegun = handle.hasBegun();
    if (beat !== thread.beat || (hasBegun && !isInCall)) Object.assign(thread, { beat, beatAt: now });
    const limit = options.stallTimeoutMs + (hasBegun ? 0 : START_UP);
    if (now - thread.beatAt >= limit) lose(thread, task);
  }

  function lose(thread: WorkerThread, task: Task): void {
    const { handle } = thread;
    const [item, path] = [handle.item(), handle.path()];
    takeTask(thread);
    thread.isLost = true;
    // When the storage answers, nobody wants the rest.
    handle.abortJob();
    handle.unref();
    events.onStall(task, item, path);
  }

  async function close(): Promise<void> {
    isClosed = true;
    if (ticking !== null) clearInterval(ticking);
    if (retiring !== null) clearTimeout(retiring);
    const ending = [...threads.values()].map(({ handle }) => handle.terminate());
    threads.clear();
    // Nothing ends a thread that the kernel holds: it goes when the storage answers.
    await waitForGrace(Promise.all(ending));
  }

  return {
    threadFor,
    give,
    release(id, fd) {
      const thread = threads.get(id);
      if (thread === undefined) return;
      thread.held -= 1;
      thread.handle.release(fd);
      detachExtra();
    },
    abortUnwanted() {
      for (const { task, handle } of threads.values()) {
        if (task === null || isWanted(task)) continue;
        handle.abortJob();
        // Nobody waits for it: storage that hangs must not keep the process alive.
        handle.unref();
      }
    },
    close,
  };
}

function showBytes(task: Task, { handle }: WorkerThread): void {
  task.onBytes(handle.bytesRead());
}

type Running = Readonly<Record<TaskClass, number>>;

function countRunning(threads: readonly WorkerThread[]): Running {
  const running = { metadata: 0, urgent: 0, search: 0, bulk: 0 };
  for (const { task } of threads) if (task !== null) running[task.taskClass] += 1;
  return running;
}

function isAdmitted(taskClass: TaskClass, running: Running, threads: number): boolean {
  if (taskClass === 'metadata' || taskClass === 'search') return running[taskClass] < MOST_AT_ONCE[taskClass];
  if (running.bulk + running.urgent < threads) return true;
  // One more thread than was asked for, where all that were are at work that may take hours.
  return taskClass === 'urgent' && running.urgent === 0;
}
