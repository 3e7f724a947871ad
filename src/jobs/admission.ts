/** Decides which worker takes a task: tasks of one class cannot starve those of another, and hung storage holds few workers. */

import type { Task, TaskClass } from './task.ts';
import type { WorkerThread } from './watch-workers.ts';
import { now } from '../concurrency/clock.ts';

/** Who takes a task: this worker, or one that has to be spawned, or none as yet, or none at all because too many are lost. */
export type Admission = WorkerThread | 'spawn' | 'wait' | 'out-of-threads';

/** Workers that may be lost and replaced. */
const MOST_LOST = 2;
/** Tasks at once that read no artifact whole; of searches fewer, because one may take long. */
const MOST_AT_ONCE = { metadata: 4, search: 3 } as const;
/**
 * Milliseconds that a task waits for a busy worker before another one is spawned for it, which costs some 25: a moment, but
 * longer behind others of its own class where those read no artifact whole, and are over soon unless their storage is slow.
 */
const WAIT_BEFORE_SPAWN = { behindItsClass: 40, otherwise: 4 } as const;

/** Decides about one task, by what all workers do now; `threads` is how many may be at `bulk` tasks. */
export function admit(task: Task, workers: readonly WorkerThread[], threads: number): Admission {
  const live = workers.filter(({ isLost }) => !isLost);
  const running = countRunning(live);
  if (!isAdmitted(task.taskClass, running, threads)) return 'wait';
  const idle = live.find((worker) => worker.task === null);
  if (idle !== undefined) return idle;
  if (workers.length - live.length > MOST_LOST) return mayFreeSoon(live, task) ? 'wait' : 'out-of-threads';
  const hasWaited = now() - task.since >= waitBeforeSpawn(task, running);
  return live.length === 0 || hasWaited ? 'spawn' : 'wait';
}

/** How many workers are at tasks of each class. */
type Running = Readonly<Record<TaskClass, number>>;

function countRunning(workers: readonly WorkerThread[]): Running {
  const running = { metadata: 0, urgent: 0, search: 0, bulk: 0 };
  for (const { task } of workers) if (task !== null) running[task.taskClass] += 1;
  return running;
}

function isAdmitted(taskClass: TaskClass, running: Running, threads: number): boolean {
  if (taskClass === 'metadata' || taskClass === 'search') return running[taskClass] < MOST_AT_ONCE[taskClass];
  if (running.bulk + running.urgent < threads) return true;
  // One worker more than was asked for, where all that were are at tasks that may take hours.
  return taskClass === 'urgent' && running.urgent === 0;
}

/** Whether a task can wait for workers that are at others: `bulk` ones may take hours, and only their like can wait for them. */
function mayFreeSoon(live: readonly WorkerThread[], { taskClass }: Task): boolean {
  return live.some((worker) => worker.task?.taskClass !== 'bulk' || taskClass === 'bulk');
}

function waitBeforeSpawn({ taskClass }: Task, running: Running): number {
  const isBehindOthers = (taskClass === 'metadata' || taskClass === 'search') && running[taskClass] > 0;
  return isBehindOthers ? WAIT_BEFORE_SPAWN.behindItsClass : WAIT_BEFORE_SPAWN.otherwise;
}
