/** Gives jobs to workers in the order of their class, and settles each once, with what became of it. */

import { isNativeError } from 'node:util/types';
import type { Cancellation } from '../concurrency/abort.ts';
import type { InProcess } from './in-process.ts';
import type { Job, JobReply, JobType } from './protocol.ts';
import { isWanted, type JobOutcome, type Task, type TaskClass } from './task.ts';
import type { WorkerThread } from './watch-workers.ts';
import { createWorkers, type Workers, type WorkersOptions } from './workers.ts';
import { now } from '../concurrency/clock.ts';

/** How a job is to be done. */
export interface TaskOptions {
  readonly taskClass: TaskClass;
  readonly cancellation: Cancellation;
  readonly onBytes?: (total: number) => void;
}

/** Performs jobs. */
export interface Pool {
  /** Rejects only for the cancellation, with its reason, and at once. */
  readonly run: <T extends JobType>(job: Job<T>, options: TaskOptions) => Promise<JobOutcome<T>>;
  /** Releases a run directory that a worker holds, by the `thread` of the outcome. */
  readonly release: (thread: number, fd: number) => void;
  /** Ends all workers; jobs that are not cancelled before are never settled. */
  readonly close: () => Promise<void>;
}

/** What a pool is made with. */
export interface PoolOptions extends WorkersOptions {
  /** Does the jobs where workers cannot be had. */
  readonly inProcess: InProcess;
  /** Takes the reason why they cannot. */
  readonly onFallback: (reason: unknown) => void;
}

interface PoolState {
  readonly options: PoolOptions;
  readonly workers: Workers;
  /** Tasks that no worker has, those that go first in front; some may have been cancelled. */
  queue: Task[];
  /** Workers that exited by themselves, less what was forgiven; at least 0. */
  crashes: number;
  /** Whether jobs are done in process, because workers are not wanted, or cannot be had. */
  isInProcess: boolean;
}

/** Crashes that count before jobs are done on the calling thread. */
const MOST_CRASHES = 4;
/** Jobs done that make up for a crash: in a long life there may be some. */
const FORGIVEN_AFTER = 100;

const RANK: Readonly<Record<TaskClass, number>> = { metadata: 0, urgent: 1, search: 2, bulk: 3 };

/** Makes a pool, without workers before the first job. */
export function createPool(options: PoolOptions): Pool {
  const workers = createWorkers(options, {
    onReply: (worker, task, reply) => onReply(pool, worker, task, reply),
    onExit: (reason, task, hasBegun) => onExit(pool, reason, task, hasBegun),
    onLost: (task, item, path) => onStall(pool, task, item, path),
    onTick: () => dispatchTasks(pool),
  });
  const pool: PoolState = { options, workers, queue: [], crashes: 0, isInProcess: options.threads === 0 };
  // The outcome of a job has the result of its type.
  function run<T extends JobType>(job: Job<T>, taskOptions: TaskOptions): Promise<JobOutcome<T>>;
  function run(job: Job, taskOptions: TaskOptions): Promise<JobOutcome> {
    return runTask(pool, job, taskOptions);
  }
  return {
    run,
    release: (thread, fd) => releaseOf(pool, thread, fd),
    close: () => workers.close(),
  };
}

function runTask(
  pool: PoolState,
  job: Job,
  { taskClass, cancellation, onBytes = ignore }: TaskOptions,
): Promise<JobOutcome> {
  return new Promise((resolve, reject) => {
    if (cancellation.cancelled !== null) return reject(cancellation.cancelled.reason);
    const unlisten = cancellation.onCancel((reason) => {
      reject(reason);
      // From the queue the task is dropped with the next dispatch.
      pool.workers.abortUnwanted();
    });
    const settle = (outcome: JobOutcome): void => {
      unlisten();
      resolve(outcome);
    };
    enqueue(pool, { job, taskClass, since: now(), cancellation, settle, onBytes });
    dispatchTasks(pool);
  });
}

/** Puts a task behind all others of its class. */
function enqueue({ queue }: PoolState, task: Task): void {
  const at = queue.findLastIndex((each) => RANK[each.taskClass] <= RANK[task.taskClass]);
  queue.splice(at + 1, 0, task);
}

/** Begins every task that can be begun, and leaves the others in the queue, where they keep the process alive. */
function dispatchTasks(pool: PoolState): void {
  // What a lost or crashed worker gave back may have been cancelled.
  const waiting = pool.queue.filter(isWanted);
  pool.queue = [];
  for (const task of waiting) if (!beginTask(pool, task)) pool.queue.push(task);
  pool.workers.setWaiting(pool.queue.length > 0);
}

/** Gives a task to a worker, or does it in process; false while it has to wait. */
function beginTask(pool: PoolState, task: Task): boolean {
  if (!pool.isInProcess)
    try {
      return giveToWorker(pool, task);
    } catch (reason) {
      fallBack(pool, reason);
    }
  const { inProcess } = pool.options;
  void inProcess.run(task).then(task.settle, (reason: unknown) => failTask(task, reason));
  return true;
}

/** Gives a task to a worker, or settles it where too many are lost; false while it waits. Throws where none can be spawned. */
function giveToWorker({ workers }: PoolState, task: Task): boolean {
  const worker = workers.workerFor(task);
  if (worker === 'wait') return false;
  if (worker === 'out-of-threads') task.settle({ type: 'out-of-threads' });
  else workers.give(worker, task);
  return true;
}

function onReply(pool: PoolState, worker: WorkerThread, task: Task | null, reply: JobReply): void {
  const hold = holdOf(reply);
  if (hold !== null) worker.held += 1;
  if (hold !== null && (task === null || !isWanted(task))) pool.workers.release(worker.id, hold);
  // The worker goes on while its results are taken.
  dispatchTasks(pool);
  if (task === null || reply.type === 'aborted') return;
  pool.crashes = Math.max(0, pool.crashes - 1 / FORGIVEN_AFTER);
  task.settle(reply.type === 'done' ? { type: 'done', result: reply.result, thread: worker.id } : reply);
}

function onExit(pool: PoolState, reason: unknown, task: Task | null, hasBegun: boolean): void {
  pool.crashes += 1;
  if (pool.crashes > MOST_CRASHES) fallBack(pool, reason);
  // A worker that never began its task did not crash because of it.
  if (task !== null && hasBegun) task.settle({ type: 'crashed' });
  else if (task !== null) pool.queue.unshift(task);
  dispatchTasks(pool);
}

function onStall(pool: PoolState, task: Task, item: number, path: string): void {
  task.settle({ type: 'stalled', item, path });
  dispatchTasks(pool);
}

/** Has all further jobs done in process; only the first reason is reported. */
function fallBack(pool: PoolState, reason: unknown): void {
  if (pool.isInProcess) return;
  pool.isInProcess = true;
  pool.options.onFallback(reason);
  void Promise.resolve().then(() => dispatchTasks(pool));
}

function releaseOf({ options: { inProcess }, workers }: PoolState, thread: number, fd: number): void {
  if (thread === inProcess.thread) inProcess.release(fd);
  else workers.release(thread, fd);
}

function ignore(): void {}

function failTask(task: Task, reason: unknown): void {
  const message = isNativeError(reason) ? reason.message : String(reason);
  task.settle({ type: 'failed', failure: { type: 'failed', message, errno: null } });
}

/** The descriptor by which the worker now holds a run, or null. */
function holdOf(reply: JobReply): number | null {
  if (reply.type !== 'done' || reply.result === null || !('type' in reply.result)) return null;
  return reply.result.type === 'loaded' ? reply.result.run.fd : null;
}
