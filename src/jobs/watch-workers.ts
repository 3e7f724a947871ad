/**
 * Watches workers that have a task: one that stands still in a system call for the stall timeout is reported as lost, because
 * nothing can end it before its storage answers. What then becomes of its task is decided in pool.ts, how many lost workers are
 * replaced in admission.ts; read-batches.ts, run-access.ts and list-access.ts go on without what stalled.
 */

import type { Task } from './task.ts';
import type { WorkerHandle } from './worker-handle.ts';
import { clearInterval, now, setInterval } from '../concurrency/clock.ts';

/** One worker. */
export interface WorkerThread {
  /** Positive, and never used again. */
  readonly id: number;
  readonly handle: WorkerHandle;
  /** What it works on; null when it is idle, or lost. */
  task: Task | null;
  /** Its counter of system calls, when that last changed. */
  beat: number;
  /** When it last got on, in milliseconds of the monotonic clock. */
  beatAt: number;
  /** Whether hung storage holds it: its task was detached, and it gets no other before it replies. */
  isLost: boolean;
  /** Run directories that it holds open. */
  held: number;
}

/** What the watch reports. */
export interface WatchEvents {
  /** A worker is lost, at this item and path of a task, which was detached from it. */
  readonly onLost: (task: Task, item: number, path: string) => void;
  /** All workers were looked at; every few milliseconds while any has a task. */
  readonly onTick: () => void;
}

/** The workers that are watched. */
export interface WatchedWorkers {
  /** By id, in the order in which they were spawned; those that are idle or lost among them. */
  readonly threads: Map<number, WorkerThread>;
  readonly options: { readonly stallTimeoutMs: number };
  readonly events: WatchEvents;
  /** The timer of the watch; null while no worker has a task. */
  ticking: NodeJS.Timeout | null;
  /** When it last fired, in milliseconds of the monotonic clock. */
  tickedAt: number;
}

/** Milliseconds between two looks at the workers. */
const TICK = 10;
/** Milliseconds between two looks, above which this process itself was stopped, or too busy to look. */
const LATE_TICK = 20 * TICK;
/** Milliseconds that a worker has to begin its first task, beyond the stall timeout. */
const START_UP = 10_000;

/** Starts the watch, unless it goes on already. By itself it does not keep the process alive. */
export function startWatch(watched: WatchedWorkers): void {
  if (watched.ticking !== null) return;
  watched.tickedAt = now();
  watched.ticking = setInterval(() => checkWorkers(watched), TICK).unref();
}

/** Stops the watch. */
export function stopWatch(watched: WatchedWorkers): void {
  if (watched.ticking !== null) clearInterval(watched.ticking);
  watched.ticking = null;
}

/** Detaches its task from a worker, and stops the watch when no other worker has one. */
export function detachTask(watched: WatchedWorkers, worker: WorkerThread): Task | null {
  const { task } = worker;
  worker.task = null;
  if ([...watched.threads.values()].every((each) => each.task === null)) stopWatch(watched);
  return task;
}

/** Reports to a task how many bytes its worker has read. */
export function reportBytesRead(task: Task, { handle }: WorkerThread): void {
  task.onBytes(handle.bytesRead());
}

function checkWorkers(watched: WatchedWorkers): void {
  const at = now();
  // A process that was stopped (SIGSTOP, a snapshot of its machine) saw none of the time that has passed.
  const wasStopped = at - watched.tickedAt > LATE_TICK;
  watched.tickedAt = at;
  for (const worker of watched.threads.values()) {
    if (wasStopped) worker.beatAt = at;
    if (worker.task !== null) checkWorker(watched, worker, worker.task, at);
  }
  watched.events.onTick();
}

/** Reports how far a worker is with its task, and gives the worker up for lost when it has stood still for too long. */
function checkWorker(watched: WatchedWorkers, worker: WorkerThread, task: Task, at: number): void {
  const { handle } = worker;
  reportBytesRead(task, worker);
  const beat = handle.beat();
  const isInCall = beat % 2 !== 0;
  const hasBegun = handle.hasBegun();
  if (beat !== worker.beat || (hasBegun && !isInCall)) {
    worker.beat = beat;
    worker.beatAt = at;
  }
  const limit = watched.options.stallTimeoutMs + (hasBegun ? 0 : START_UP);
  if (at - worker.beatAt >= limit) loseWorker(watched, worker, task);
}

function loseWorker(watched: WatchedWorkers, worker: WorkerThread, task: Task): void {
  const { handle } = worker;
  const [item, path] = [handle.item(), handle.path()];
  detachTask(watched, worker);
  worker.isLost = true;
  // Nobody waits for the rest of the job once the storage answers.
  handle.abortJob();
  handle.unref();
  watched.events.onLost(task, item, path);
}
