/** A rate comes in, a hasher that reads beside the event loop and hashes on it, chunk by chunk, goes out. */

import { pause, type Plan } from '../../store/calls.ts';
import { CHUNK, hashFile, look } from './hash-file.ts';
import type { Hasher } from './hasher.ts';
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
    look: ({ run, names, disk, signal }) => disk.perform(look(run.pin, names), signal),
    read: ({ run, names, disk, signal, onBytes }) => {
      const buffer = Buffer.allocUnsafeSlow(chunkAt(rate, CHUNK));
      return disk.perform(hashFile(run.pin, names, buffer, { pace, onBytes }), signal);
    },
    close: () => Promise.resolve(),
  };
}
