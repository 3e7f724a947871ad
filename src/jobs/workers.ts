/**
 * Owns the workers of one inspector: spawns them for tasks, replaces a few that are lost, retires those that are too many, and
 * closes all. Idle workers do not keep the process alive.
 */

import { waitForGrace } from '../concurrency/grace.ts';
import { admit, type Admission } from './admission.ts';
import type { JobReply } from './protocol.ts';
import { isWanted, type Task } from './task.ts';
import {
  detachTask,
  reportBytesRead,
  startWatch,
  stopWatch,
  type WatchedWorkers,
  type WatchEvents,
  type WorkerThread,
} from './watch-workers.ts';
import { startWorker, type WorkerOptions } from './worker-handle.ts';
import { clearTimeout, now, setTimeout } from '../concurrency/clock.ts';

/** What workers are made with. */
export interface WorkersOptions extends WorkerOptions {
  /** Workers that hash in bulk at once. */
  readonly threads: number;
  readonly stallTimeoutMs: number;
}

/** What workers report. */
export interface WorkersEvents extends WatchEvents {
  /** A worker replied and is idle; the task is null when the worker had been lost with it. */
  readonly onReply: (worker: WorkerThread, task: Task | null, reply: JobReply) => void;
  /** A worker exited; the task is null when it had none, and `hasBegun` says whether it had begun it. */
  readonly onExit: (reason: unknown, task: Task | null, hasBegun: boolean) => void;
}

/** The workers of an inspector. */
export interface Workers {
  /** Who takes a task, spawned if need be; `wait` also once they are closed. Throws when no worker can be spawned. */
  readonly workerFor: (task: Task) => Exclude<Admission, 'spawn'>;
  /** Gives a task to an idle worker, which keeps the process alive until it replies. */
  readonly give: (worker: WorkerThread, task: Task) => void;
  /** Says whether tasks wait for a worker, which keeps the process alive: workers at aborted tasks do not. */
  readonly setWaiting: (isWaiting: boolean) => void;
  /** Releases a run directory that a worker holds. */
  readonly release: (id: number, fd: number) => void;
  /** Aborts tasks that nobody waits for any more. */
  readonly abortUnwanted: () => void;
  /** Ends all workers, and reports nothing more of those that exit. */
  readonly close: () => Promise<void>;
}

interface WorkersState extends WatchedWorkers {
  readonly options: WorkersOptions;
  readonly events: WorkersEvents;
  /** The id of the worker that was spawned last; 0 before the first. */
  lastId: number;
  isClosed: boolean;
  /** The timer that retires workers; null while none is due. */
  retiring: NodeJS.Timeout | null;
}

/** Milliseconds before workers that are too many are retired: in a rush of calls the next one has tasks for them at once. */
const RETIRE_AFTER = 500;

/** Makes the workers of an inspector; the first is spawned with the first task. */
export function createWorkers(options: WorkersOptions, events: WorkersEvents): Workers {
  const state: WorkersState = {
    options,
    events,
    threads: new Map(),
    lastId: 0,
    isClosed: false,
    ticking: null,
    tickedAt: 0,
    retiring: null,
  };
  return {
    workerFor: (task) => workerFor(state, task),
    give: (worker, task) => giveTask(state, worker, task),
    setWaiting: (isWaiting) => setWaiting(state, isWaiting),
    release: (id, fd) => releaseRun(state, id, fd),
    abortUnwanted: () => abortUnwanted(state),
    close: () => closeWorkers(state),
  };
}

function workerFor(state: WorkersState, task: Task): Exclude<Admission, 'spawn'> {
  if (state.isClosed) return 'wait';
  const admission = admit(task, [...state.threads.values()], state.options.threads);
  return admission === 'spawn' ? spawnWorker(state) : admission;
}

function spawnWorker(state: WorkersState): WorkerThread {
  const id = (state.lastId += 1);
  const handle = startWorker(state.options, {
    onReply: (reply) => workerReplied(state, worker, reply),
    onExit: (reason) => workerExited(state, worker, reason),
  });
  const worker: WorkerThread = { id, handle, task: null, beat: 0, beatAt: 0, isLost: false, held: 0 };
  state.threads.set(id, worker);
  return worker;
}

function giveTask(state: WorkersState, worker: WorkerThread, task: Task): void {
  worker.task = task;
  worker.beatAt = now();
  worker.handle.post(task.job);
  startWatch(state);
}

/** The watch goes on whenever a task waits: some worker is at another, or there would be nothing to wait for. */
function setWaiting({ ticking }: WorkersState, isWaiting: boolean): void {
  if (isWaiting) ticking?.ref();
  else ticking?.unref();
}

function workerReplied(state: WorkersState, worker: WorkerThread, reply: JobReply): void {
  const task = detachTask(state, worker);
  worker.isLost = false;
  if (task !== null) reportBytesRead(task, worker);
  state.events.onReply(worker, task, reply);
  retireLater(state);
}

function workerExited(state: WorkersState, worker: WorkerThread, reason: unknown): void {
  if (!state.threads.delete(worker.id) || state.isClosed) return;
  const hasBegun = worker.handle.hasBegun();
  state.events.onExit(reason, detachTask(state, worker), hasBegun);
}

function releaseRun(state: WorkersState, id: number, fd: number): void {
  const worker = state.threads.get(id);
  if (worker === undefined) return;
  worker.held -= 1;
  worker.handle.release(fd);
  retireLater(state);
}

/** Retires workers that are too many, after a while: a rush of calls leaves some, and so do lost workers that reply again. */
function retireLater(state: WorkersState): void {
  if (state.threads.size <= mostKept(state)) return;
  state.retiring ??= setTimeout(() => {
    state.retiring = null;
    retireIdle(state);
  }, RETIRE_AFTER).unref();
}

/** Those at a task do not count before it is done: storage may hang under them, and whoever is idle then is needed. */
function retireIdle(state: WorkersState): void {
  const { threads } = state;
  const idle = [...threads.values()].filter(({ task, isLost }) => task === null && !isLost);
  let left = idle.length;
  for (const worker of idle) {
    if (left <= mostKept(state)) return;
    if (worker.held > 0) continue;
    left -= 1;
    threads.delete(worker.id);
    void worker.handle.terminate();
  }
}

/** Workers that are never too many: those that were asked for, and one for whatever does not hash in bulk. */
function mostKept({ options }: WorkersState): number {
  return options.threads + 1;
}

function abortUnwanted({ threads }: WorkersState): void {
  for (const { task, handle } of threads.values()) {
    if (task === null || isWanted(task)) continue;
    handle.abortJob();
    // Storage that hangs must not keep the process alive for nobody.
    handle.unref();
  }
}

async function closeWorkers(state: WorkersState): Promise<void> {
  state.isClosed = true;
  stopWatch(state);
  if (state.retiring !== null) clearTimeout(state.retiring);
  const ending = [...state.threads.values()].map(({ handle }) => handle.terminate());
  state.threads.clear();
  // Nothing ends a worker that the kernel holds: it exits when the storage answers.
  await waitForGrace(Promise.all(ending));
}
