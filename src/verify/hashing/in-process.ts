/** A rate comes in, a hasher that reads beside the event loop and hashes on it, chunk by chunk, goes out. */

import { pause, type Plan } from '../../store/calls.ts';
import { errnoOf } from '../../store/errno.ts';
import { CHUNK, hashFile, look, troubleOf, type Trouble } from './hash-file.ts';
import type { FilesRequest, FileToAsk, Hasher } from './hasher.ts';
import { chunkAt, reserve } from './rate.ts';

/** `schedule` is that of the inspector's rate. */
export function createInProcessHasher(rate: number | null, schedule: SharedArrayBuffer): Hasher {
  const times = new BigInt64Array(schedule);

  function* pace(most: number): Plan<void> {
    if (rate === null) return;
    const wait = reserve(times, rate, most);
    if (wait > 0) yield* pause(wait);
  }

  return {
    look: (request) => oneByOne(request, ({ names }) => look(request.run.pin, names)),
    read(request) {
      const buffer = Buffer.allocUnsafeSlow(chunkAt(rate, CHUNK));
      return oneByOne(request, ({ names, size }, index) => {
        const onBytes = (count: number): void => request.onBytes(index, count);
        return hashFile(request.run.pin, names, { size, buffer, watch: { pace, onBytes } });
      });
    },
    prepare: () => undefined,
    close: () => Promise.resolve(),
  };
}

async function oneByOne<T>(
  { files, disk, cancellation }: FilesRequest,
  planFor: (file: FileToAsk, index: number) => Plan<T>,
): Promise<(T | Trouble)[]> {
  const results: (T | Trouble)[] = [];
  for (const [index, file] of files.entries()) {
    try {
      results.push(await disk.perform(planFor(file, index), cancellation));
    } catch (fault) {
      if (cancellation.cancelled !== null || errnoOf(fault) === null) throw fault;
      results.push(troubleOf(fault));
    }
  }
  return results;
}
