/** A FIFO semaphore whose waiters can be aborted. */

import type { Cancellation } from './abort.ts';

/** Lets a bounded number through at once. */
export interface Semaphore {
  /** Resolves to a function that releases the permit, to be called once; rejects with the reason of a cancellation meanwhile. */
  acquire(cancellation?: Cancellation): Promise<() => void>;
}

export function createSemaphore(permits: number): Semaphore {
  const waiting = new Set<() => void>();
  let free = permits;

  function release(): void {
    const [next] = waiting;
    if (next === undefined) free += 1;
    else next();
  }

  function acquire(cancellation?: Cancellation): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (cancellation?.cancelled) return reject(cancellation.cancelled.reason);
      if (free > 0) {
        free -= 1;
        return resolve(release);
      }
      const admit = (): void => {
        waiting.delete(admit);
        unlisten?.();
        resolve(release);
      };
      const unlisten = cancellation?.onCancel((reason) => {
        waiting.delete(admit);
        reject(reason);
      });
      waiting.add(admit);
    });
  }

  return { acquire };
}
