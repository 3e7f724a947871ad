/** A handle on one thread: jobs are given to it, and what it does is seen from here in memory that both sides share. */

import { Worker } from 'node:worker_threads';
import type { RateLimit } from '../hashing/rate-limit.ts';
import {
  CONTROL,
  CONTROL_WORDS,
  isJobReply,
  PATH_BYTES,
  type Job,
  type JobReply,
  type WorkerData,
  type WorkerMessage,
} from './protocol.ts';

/** What a thread is started with. */
export interface WorkerOptions {
  readonly source: string;
  /** Absolute path of the backups directory. */
  readonly root: string;
  readonly rateLimit: RateLimit;
}

/** What a thread reports. */
export interface WorkerEvents {
  readonly onReply: (reply: JobReply) => void;
  /** It is no more. */
  readonly onExit: (reason: unknown) => void;
}

/** A thread that runs. */
export interface WorkerHandle {
  /** Gives it its next job; it keeps the process alive until that is done. */
  readonly post: (job: Job) => void;
  /** Lets go of a run directory that it holds, as soon as it is at nothing else. */
  readonly release: (fd: number) => void;
  /** Ends the job early, before the next system call. */
  readonly abortJob: () => void;
  /** Counts system calls, and the returns from them: an odd number that stands still is stuck in one. */
  readonly beat: () => number;
  /** Whether it has taken up the job. */
  readonly hasBegun: () => boolean;
  /** Which item of the job it is at. */
  readonly item: () => number;
  /** The path it is at, in the form of answers. */
  readonly path: () => string;
  /** Bytes of artifacts that the job has read. */
  readonly bytesRead: () => number;
  /** Lets the process end without it. */
  readonly unref: () => void;
  /** Resolves when it is no more: never, while the kernel holds it in a system call. */
  readonly terminate: () => Promise<unknown>;
}

/** Starts a thread. Throws when none can be had. */
export function startWorker({ source, root, rateLimit }: WorkerOptions, events: WorkerEvents): WorkerHandle {
  const data: WorkerData = {
    root,
    rateLimit,
    control: new SharedArrayBuffer(4 * CONTROL_WORDS),
    bytes: new SharedArrayBuffer(8),
    path: new SharedArrayBuffer(4 + PATH_BYTES),
  };
  const control = new Int32Array(data.control);
  const bytes = new BigInt64Array(data.bytes);
  let job = 0;
  // Without its environment: NODE_OPTIONS would load what the host has loaded into every thread.
  const worker = new Worker(source, { eval: true, execArgv: [], env: {}, workerData: data });
  worker.on('message', (reply: unknown) => {
    if (!isJobReply(reply)) return;
    worker.unref();
    if (reply.id === job) events.onReply(reply);
  });
  worker.on('error', events.onExit);
  worker.on('exit', () => events.onExit(new Error('the thread ended by itself')));
  // Only now: whoever listens to a thread makes it keep the process alive again.
  worker.unref();

  // What the control words say is about an earlier job until the thread has taken up this one.
  const hasBegun = (): boolean => Atomics.load(control, CONTROL.job) === job;

  return {
    post(next) {
      job += 1;
      worker.ref();
      const message: WorkerMessage = { type: 'job', id: job, job: next };
      worker.postMessage(message);
    },
    release(fd) {
      const message: WorkerMessage = { type: 'release', fd };
      worker.postMessage(message);
    },
    abortJob: () => void Atomics.store(control, CONTROL.abort, job),
    beat: () => Atomics.load(control, CONTROL.beat),
    hasBegun,
    item: () => (hasBegun() ? Atomics.load(control, CONTROL.item) : 0),
    path() {
      const length = Atomics.load(new Int32Array(data.path, 0, 1), 0);
      return Buffer.from(data.path, 4, length).toString();
    },
    bytesRead: () => (hasBegun() ? Number(Atomics.load(bytes, 0)) : 0),
    unref: () => worker.unref(),
    terminate() {
      const terminated = worker.terminate();
      // It is listened to again by that, and one that the kernel holds would keep the process alive.
      worker.unref();
      return terminated;
    },
  };
}
