/** Settings come in, the hasher that fits them goes out: threads, or this thread when none are wanted. */

import { tellFallback } from '../../diagnostics.ts';
import type { Session } from '../../store/disk.ts';
import type { Hasher } from './hasher.ts';
import { createInProcessHasher } from './in-process.ts';
import { createPool } from './pool.ts';
import { THREAD_SOURCE } from './thread-source.generated.ts';

/** How to hash. */
export interface HasherSettings {
  readonly threads: number;
  /** Null without a limit. */
  readonly maxBytesPerSecond: number | null;
  readonly stallTimeoutMs: number;
}

/** `schedule` is that of the inspector's rate. */
export function createHasher(
  { threads, maxBytesPerSecond: rate, stallTimeoutMs }: HasherSettings,
  schedule: SharedArrayBuffer,
  disk: Session,
): Hasher {
  const fallback = createInProcessHasher(rate, schedule, disk);
  if (threads === 0) return fallback;
  return createPool({
    threads,
    stallTimeoutMs,
    rate,
    schedule,
    source: THREAD_SOURCE,
    fallback,
    onFallback: tellFallback,
  });
}
