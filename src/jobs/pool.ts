/** Takes jobs, gives them to threads in the order of their class, and reports what became of each. */

import type { Cancellation } from '../concurrency/abort.ts';
import type { InProcess } from './in-process.ts';
import type { Job, JobReply, JobType } from './protocol.ts';
import { isWanted, type JobOutcome, type Task, type TaskClass } from './task.ts';
import { createWorkers, NoThreadLeft, type WorkersOptions, type WorkerThread } from './workers.ts';

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
  /** Lets go of a run directory that a thread holds. */
  readonly release: (thread: number, fd: number) => void;
  readonly close: () => Promise<void>;
}

/** What a pool is made with. */
export interface PoolOptions extends WorkersOptions {
  /** Does the jobs where threads cannot be had. */
  readonly inProcess: InProcess;
  /** Takes the reason why they cannot. */
  readonly onFallback: (reason: unknown) => void;
}

/** Crashes that count before jobs are done on the calling thread. */
const MOST_CRASHES = 4;
/** Jobs done that make up for a crash: in a long life there may be some. */
const FORGIVEN_AFTER = 100;

const RANK: Readonly<Record<TaskClass, number>> = { metadata: 0, urgent: 1, search: 2, bulk: 3 };

export function createPool(options: PoolOptions): Pool {
  const { inProcess } = options;
  const workers = createWorkers(options, { onReply, onExit, onStall, onTick: dispatch });
  let queue: Task[] = [];
  let crashes = 0;
  let isFallen = options.threads === 0;

  function run<T extends JobType>(job: Job<T>, taskOptions: TaskOptions): Promise<JobOutcome<T>>;
  function run(job: Job, { taskClass, cancellation, onBytes = ignore }: TaskOptions): Promise<JobOutcome> {
    return new Promise((resolve, reject) => {
      if (cancellation.cancelled !== null) return reject(cancellation.cancelled.reason);
      const unlisten = cancellation.onCancel((reason) => {
        reject(reason);
        // What waits in the queue leaves it with the next look at it.
        workers.abortUnwanted();
      });
      const settle = (outcome: JobOutcome): void => {
        unlisten();
        resolve(outcome);
      };
      enqueue({ job, taskClass, since: performance.now(), cancellation, settle, onBytes });
      dispatch();
    });
  }

  /** Behind all others of its class. */
  function enqueue(task: Task): void {
    const at = queue.findLastIndex((each) => RANK[each.taskClass] <= RANK[task.taskClass]);
    queue.splice(at + 1, 0, task);
  }

  function dispatch(): void {
    // What a lost or dead thread gave back may be wanted by nobody any more.
    const waiting = queue.filter(isWanted);
    queue = [];
    for (const task of waiting) if (!begin(task)) queue.push(task);
  }

  /** Whether the task waits no longer. */
  function begin(task: Task): boolean {
    if (!isFallen)
      try {
        const thread = workers.threadFor(task);
        if (thread !== null) workers.give(thread, task);
        return thread !== null;
      } catch (reason) {
        if (reason instanceof NoThreadLeft) {
          task.settle({ type: 'out-of-threads' });
          return true;
        }
        fallBack(reason);
      }
    void inProcess.run(task).then(task.settle, (reason: unknown) => failTask(task, reason));
    return true;
  }

  function onReply(thread: WorkerThread, task: Task | null, reply: JobReply): void {
    const hold = holdOf(reply);
    if (hold !== null) thread.held += 1;
    if (hold !== null && (task === null || !isWanted(task))) release(thread.id, hold);
    // The thread goes on while its results are taken.
    dispatch();
    if (task === null || reply.type === 'aborted') return;
    crashes = Math.max(0, crashes - 1 / FORGIVEN_AFTER);
    task.settle(reply.type === 'done' ? { type: 'done', result: reply.result, thread: thread.id } : reply);
  }

  function onExit(reason: unknown, task: Task | null, hasBegun: boolean): void {
    crashes += 1;
    if (crashes > MOST_CRASHES) fallBack(reason);
    // A thread that never took up its task did not die of it.
    if (task !== null && hasBegun) task.settle({ type: 'crashed' });
    else if (task !== null) queue.unshift(task);
    dispatch();
  }

  function onStall(task: Task, item: number, path: string): void {
    task.settle({ type: 'stalled', item, path });
    dispatch();
  }

  function fallBack(reason: unknown): void {
    if (isFallen) return;
    isFallen = true;
    options.onFallback(reason);
    queueMicrotask(dispatch);
  }

  function release(id: number, fd: number): void {
    if (id === inProcess.thread) return inProcess.release(fd);
    workers.release(id, fd);
  }

  return { run, release, close: () => workers.close() };
}

function ignore(): void {}

function failTask(task: Task, reason: unknown): void {
  const message = reason instanceof Error ? reason.message : String(reason);
  task.settle({ type: 'failed', failure: { type: 'failed', message, errno: null } });
}

/** The descriptor by which the thread now holds a run, or null. */
function holdOf(reply: JobReply): number | null {
  if (reply.type !== 'done' || reply.result === null || !('type' in reply.result)) return null;
  return reply.result.type === 'loaded' ? reply.result.run.fd : null;
}
