/** A rate comes in, a hasher that reads beside the event loop and hashes on it, chunk by chunk, goes out. */

import { createGate, type Gate } from '../../gate.ts';
import type { Plan } from '../../store/calls.ts';
import { errnoOf, Stalled } from '../../store/errno.ts';
import type { Session } from '../../store/disk.ts';
import type { Pin } from '../../store/pin.ts';
import { CHUNK, hashFile, look, troubleOf, type Trouble } from './hash-file.ts';
import type { FilesRequest, FileToAsk, Hasher } from './hasher.ts';
import { chunkAt, createPace } from './rate.ts';
import { reachRun } from './reach.ts';

/** Requests that are worked on at once: each has a buffer and some descriptors. */
const AT_ONCE = 4;

/** What is done with a file of a held run directory. */
type Treat<T> = (run: Pin, file: FileToAsk, index: number) => Plan<T>;

/** `schedule` is that of the inspector's rate; `disk` is the hasher's own, because reads that are shared outlive who began them. */
export function createInProcessHasher(
  rate: number | null,
  schedule: SharedArrayBuffer,
  disk: Session,
): Hasher {
  const gates = { look: createGate(AT_ONCE), read: createGate(AT_ONCE) };
  const pace = createPace(rate, new BigInt64Array(schedule));

  async function inTurn<T>(
    gate: Gate,
    request: FilesRequest,
    treatment: () => Treat<T>,
  ): Promise<(T | Trouble)[]> {
    const leave = await gate.enter(request.cancellation);
    try {
      return await treatAll(request, disk, treatment());
    } finally {
      leave();
    }
  }

  return {
    look: (request) =>
      inTurn(
        gates.look,
        request,
        () =>
          (run, { names }) =>
            look(run, names),
      ),
    read: (request) =>
      inTurn(gates.read, request, () => {
        const buffer = Buffer.allocUnsafeSlow(chunkAt(rate, CHUNK));
        return (run, { names, size }, index) => {
          const onBytes = (count: number): void => request.onBytes(index, count);
          return hashFile(run, names, { size, buffer, watch: { pace, onBytes } });
        };
      }),
    prepare: () => undefined,
    close: () => disk.drain(),
  };
}

/** Treats all files; one that hung storage holds stands for itself, and the others go on. */
async function treatAll<T>(request: FilesRequest, disk: Session, treat: Treat<T>): Promise<(T | Trouble)[]> {
  const results: (T | Trouble)[] = [];
  while (results.length < request.files.length) {
    try {
      await disk.perform(treatFrom(request, treat, results), request.cancellation);
    } catch (fault) {
      if (!(fault instanceof Stalled) || request.cancellation.cancelled !== null) throw fault;
      results.push(troubleOf(fault));
    }
  }
  return results;
}

/** Whoever asked may be gone before the others that share the read: the run is held by this plan itself. */
function* treatFrom<T>(request: FilesRequest, treat: Treat<T>, results: (T | Trouble)[]): Plan<void> {
  let run: Pin | Trouble;
  try {
    run = yield* reachRun(request.run.address);
  } catch (fault) {
    run = told(fault);
  }
  if ('found' in run) {
    while (results.length < request.files.length) results.push(run);
    return;
  }
  try {
    for (const [index, file] of request.files.entries()) {
      if (index < results.length) continue;
      let result: T | Trouble;
      try {
        result = yield* treat(run, file, index);
      } catch (fault) {
        result = told(fault);
      }
      results.push(result);
    }
  } finally {
    yield* run.release();
  }
}

/** A fault of the disk as data; what is none is thrown on. */
function told(fault: unknown): Trouble {
  if (errnoOf(fault) === null) throw fault;
  return troubleOf(fault);
}
