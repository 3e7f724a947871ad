/** Work comes in from all sides, so many pieces of it at a time are let through, first come, first served. */

import type { Cancellation } from './cancellation.ts';

/** Lets through a bounded number at once. */
export interface Gate {
  /** Resolves to a function that makes room again, to be called once; rejects with the reason of a cancellation meanwhile. */
  enter(cancellation?: Cancellation): Promise<() => void>;
}

export function createGate(places: number): Gate {
  const waiting = new Set<() => void>();
  let free = places;

  function leave(): void {
    const [next] = waiting;
    if (next === undefined) free += 1;
    else next();
  }

  function enter(cancellation?: Cancellation): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (cancellation?.cancelled) return reject(cancellation.cancelled.reason);
      if (free > 0) {
        free -= 1;
        return resolve(leave);
      }
      const admit = (): void => {
        waiting.delete(admit);
        unlisten?.();
        resolve(leave);
      };
      const unlisten = cancellation?.onCancel((reason) => {
        waiting.delete(admit);
        reject(reason);
      });
      waiting.add(admit);
    });
  }

  return { enter };
}
