/** A thread that performs jobs, synchronously as far as it can: a hang of the storage holds it and nobody else. */

import { isArrayBuffer } from 'node:util/types';
import { MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { wait, type Io } from '../fs/calls.ts';
import { createRoot } from '../fs/root.ts';
import { failureOf } from '../hashing/look-at-file.ts';
import { CHUNK } from '../hashing/hash-file.ts';
import { chunkAt } from '../hashing/rate-limit.ts';
import { provideFastGlob } from '../repository/fast-glob.ts';
import { Aborted, perform, releaseHeld, type JobResources } from './perform.ts';
import { CONTROL, isWorkerMessage, type Job, type JobReply, type WorkerData } from './protocol.ts';

/** Milliseconds of one piece of a wait: an abort is seen in between. */
const THREAD_WAIT = 10;

const data: WorkerData = workerData;
const control = new Int32Array(data.control);
const bytes = new BigInt64Array(data.bytes);
const pathLength = new Int32Array(data.path, 0, 1);
const pathBytes = new Uint8Array(data.path, 4);
const encoder = new TextEncoder();
let job = 0;
let at = '';
let buffer: Uint8Array | null = null;

const resources: JobResources = {
  root: createRoot(data.root),
  rateLimit: data.rateLimit,
  buffer: () => (buffer ??= Buffer.allocUnsafeSlow(chunkAt(data.rateLimit.rate, CHUNK))),
  held: new Map(),
};

provideFastGlob(async () => (await import('fast-glob')).default);

/** Throws when nobody waits for the job any more. */
function throwIfAborted(): void {
  if (Atomics.load(control, CONTROL.abort) === job) throw new Aborted();
}

function beat(): void {
  Atomics.add(control, CONTROL.beat, 1);
}

/**
 * A read may take hours, in which nobody else hands out messages; only releases come while a job is under way. In Deno, where this is
 * no port that could be asked, they wait until it is over.
 */
function releaseUnheld(): void {
  if (!(parentPort instanceof MessagePort)) return;
  for (
    let next = receiveMessageOnPort(parentPort);
    next !== undefined;
    next = receiveMessageOnPort(parentPort)
  ) {
    const message: unknown = next.message;
    if (isWorkerMessage(message) && message.type === 'release') releaseHeld(resources, message.fd);
  }
}

const io: Io = {
  before() {
    throwIfAborted();
    beat();
  },
  after: beat,
  at(path) {
    if (path === at) return;
    at = path;
    Atomics.store(pathLength, 0, encoder.encodeInto(path, pathBytes).written);
  },
  atItem: (index) => void Atomics.store(control, CONTROL.item, index),
  count(count) {
    Atomics.add(bytes, 0, BigInt(count));
    releaseUnheld();
  },
  isDue: () => false,
  turn: () => Promise.resolve(),
  pause(milliseconds) {
    for (let left = milliseconds; left > 0; left -= THREAD_WAIT) {
      throwIfAborted();
      wait(Math.min(left, THREAD_WAIT));
    }
    throwIfAborted();
    return Promise.resolve();
  },
};

parentPort?.on('message', (message: unknown) => {
  if (!isWorkerMessage(message)) return;
  if (message.type === 'release') releaseHeld(resources, message.fd);
  else void reply(message.id, message.job);
});

async function reply(id: number, next: Job): Promise<void> {
  Atomics.store(bytes, 0, 0n);
  Atomics.store(control, CONTROL.item, 0);
  job = id;
  Atomics.store(control, CONTROL.job, id);
  let made: JobReply;
  try {
    made = { id, type: 'done', result: await perform(next, resources, io) };
  } catch (fault) {
    made =
      fault instanceof Aborted ? { id, type: 'aborted' } : { id, type: 'failed', failure: failureOf(fault) };
  }
  parentPort?.postMessage(made, memoryOf(made));
}

/** What is handed over, and not copied. */
function memoryOf(made: JobReply): ArrayBuffer[] {
  if (made.type !== 'done' || made.result === null || !('type' in made.result)) return [];
  const { result } = made;
  if (result.type !== 'loaded') return [];
  const { buffer: memory } = result.claims.bytes;
  return isArrayBuffer(memory) ? [memory] : [];
}
