/** The source of a thread comes in, a handle on one that runs goes out: jobs are given to it, what it does is seen from here. */

import { Worker } from 'node:worker_threads';
import type { RunAddress } from '../../store/resolve.ts';
import type { FileToAsk } from './hasher.ts';
import { unpack, type Result } from './parcel.ts';
import { CONTROL, packFiles, type Job, type Outcome, type ThreadData } from './protocol.ts';

/** What a thread is started with. */
export interface ThreadOptions {
  readonly source: string;
  /** The schedule of the inspector's rate. */
  readonly schedule: SharedArrayBuffer;
  /** Bytes a second, or null. */
  readonly rate: number | null;
}

/** What the thread says. */
export interface ThreadEvents {
  /** The job is done; a job that was ended early has results for its first files only. */
  readonly onDone: (results: readonly Result[]) => void;
  /** It is no more. */
  readonly onEnd: (reason: unknown) => void;
}

/** A thread that runs. */
export interface ThreadHandle {
  /** Gives it its next job; it keeps the process alive until that is done. */
  give(task: Job['task'], run: RunAddress, files: readonly FileToAsk[]): void;
  /** Ends the job early, after the chunk it is at. */
  endJob(): void;
  /** System calls it has made in its life: one that stands still is stuck in one. */
  beat(): number;
  /** Whether it has taken up the job. */
  hasBegun(): boolean;
  /** Which file of the job it is at. */
  fileAt(): number;
  /** Bytes the job has read. */
  bytesRead(): number;
  /** Lets the process end without it. */
  unref(): void;
  /** Resolves when it is no more: never, while the kernel holds it in a system call. */
  terminate(): Promise<unknown>;
}

/** Starts a thread. Throws when none can be had. */
export function startThread({ source, schedule, rate }: ThreadOptions, events: ThreadEvents): ThreadHandle {
  const data: ThreadData = {
    control: new SharedArrayBuffer(16),
    bytes: new SharedArrayBuffer(8),
    schedule,
    rate,
  };
  const control = new Int32Array(data.control);
  const bytes = new BigInt64Array(data.bytes);
  let job = 0;
  const worker = new Worker(source, { eval: true, execArgv: [], workerData: data });
  worker.unref();
  worker.on('message', (outcome: Outcome) => {
    worker.unref();
    if (outcome.id === job) events.onDone(unpack(outcome.parcel));
  });
  worker.on('error', events.onEnd);
  worker.on('exit', () => events.onEnd(new Error('the thread ended by itself')));

  // What the control words say is about an earlier job until the thread has taken up this one.
  const hasBegun = (): boolean => Atomics.load(control, CONTROL.job) === job;

  return {
    give(task, run, files) {
      job += 1;
      worker.ref();
      const message: Job = { id: job, task, run, files: packFiles(files) };
      worker.postMessage(message);
    },
    endJob: () => void Atomics.store(control, CONTROL.abort, job),
    beat: () => Atomics.load(control, CONTROL.beat),
    hasBegun,
    fileAt: () => (hasBegun() ? Atomics.load(control, CONTROL.file) : 0),
    bytesRead: () => (hasBegun() ? Number(Atomics.load(bytes, 0)) : 0),
    unref: () => worker.unref(),
    terminate: () => worker.terminate(),
  };
}
