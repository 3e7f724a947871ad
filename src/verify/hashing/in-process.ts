/** A rate comes in, a hasher that reads beside the event loop and hashes on it, chunk by chunk, goes out. */

import { pause, type Plan } from '../../store/calls.ts';
import { errnoOf } from '../../store/errno.ts';
import { CHUNK, hashFile, look, troubleOf, type Look, type Trouble } from './hash-file.ts';
import type { Asking, Hasher } from './hasher.ts';
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
    async look({ files, ...asking }) {
      const looks: (Look | Trouble)[] = [];
      for (const names of files) looks.push(await performed(look(asking.run.pin, names), asking));
      return looks;
    },
    read({ names, onBytes, ...asking }) {
      const buffer = Buffer.allocUnsafeSlow(chunkAt(rate, CHUNK));
      return performed(hashFile(asking.run.pin, names, buffer, { pace, onBytes }), asking);
    },
    close: () => Promise.resolve(),
  };
}

async function performed<T>(plan: Plan<T>, { disk, cancellation }: Asking): Promise<T | Trouble> {
  try {
    return await disk.perform(plan, cancellation);
  } catch (fault) {
    if (cancellation.cancelled !== null || errnoOf(fault) === null) throw fault;
    return troubleOf(fault);
  }
}
