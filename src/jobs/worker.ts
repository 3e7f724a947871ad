/** The hashing thread: jobs come in, outcomes go out. It reads synchronously, so that a hang of the storage holds only it. */

import { parentPort, workerData } from 'node:worker_threads';
import { pause, type Plan } from '../../store/calls.ts';
import { performNow } from '../../store/perform-now.ts';
import type { Pin } from '../../store/pin.ts';
import { CHUNK, hashFile, look, troubleOf, type Watch } from './hash-file.ts';
import type { FileToAsk } from './hasher.ts';
import { pack, type Result } from './parcel.ts';
import { CONTROL, unpackFiles, type Job, type Outcome, type ThreadData } from './protocol.ts';
import { chunkAt, reserve } from './rate.ts';
import { reachRun } from './reach.ts';

/** A wait is cut into pieces of so many milliseconds, to see an abort in between. */
const PATIENCE = 10;

/** Ends a job that nobody waits for any more. */
class Aborted extends Error {}

const data: ThreadData = workerData;
const control = new Int32Array(data.control);
const bytes = new BigInt64Array(data.bytes);
const schedule = new BigInt64Array(data.schedule);
const buffer = Buffer.allocUnsafeSlow(chunkAt(data.rate, CHUNK));

parentPort?.on('message', (job: Job) => {
  parentPort?.postMessage(outcomeOf(job));
});

function outcomeOf(job: Job): Outcome {
  Atomics.store(bytes, 0, 0n);
  Atomics.store(control, CONTROL.file, 0);
  Atomics.store(control, CONTROL.job, job.id);
  const files = unpackFiles(job.files);
  const results: Result[] = [];
  try {
    performNow(work(job, files, results), () => Atomics.add(control, CONTROL.beat, 1));
  } catch (fault) {
    if (!(fault instanceof Aborted)) while (results.length < files.length) results.push(troubleOf(fault));
  }
  return { id: job.id, parcel: pack(results) };
}

function* work(job: Job, files: readonly FileToAsk[], results: Result[]): Plan<void> {
  const run = yield* reachRun(job.run);
  try {
    const watch = watchOver(job);
    for (const file of files) {
      goOn(job);
      results.push(yield* treat(job.task, run, file, watch));
      Atomics.add(control, CONTROL.file, 1);
    }
  } finally {
    yield* run.release();
  }
}

function* treat(task: Job['task'], run: Pin, { names, size }: FileToAsk, watch: Watch): Plan<Result> {
  try {
    return task === 'look' ? yield* look(run, names) : yield* hashFile(run, names, { size, buffer, watch });
  } catch (fault) {
    if (fault instanceof Aborted) throw fault;
    return troubleOf(fault);
  }
}

function watchOver(job: Job): Watch {
  return {
    *pace(most) {
      goOn(job);
      if (data.rate === null) return;
      let wait = reserve(schedule, data.rate, most);
      while (wait > 0) {
        yield* pause(Math.min(wait, PATIENCE));
        wait -= PATIENCE;
        goOn(job);
      }
    },
    onBytes: (count) => void Atomics.add(bytes, 0, BigInt(count)),
  };
}

/** Throws when nobody waits for the job any more. */
function goOn(job: Job): void {
  if (Atomics.load(control, CONTROL.abort) === job.id) throw new Aborted();
}
