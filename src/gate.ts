/** Work comes in from all sides, so many pieces of it at a time are let through, first come, first served. */

/** Lets through a bounded number at once. */
export interface Gate {
  /** Resolves to a function that makes room again, to be called once; rejects with the reason of an abort meanwhile. */
  enter(signal?: AbortSignal): Promise<() => void>;
}

export function createGate(places: number): Gate {
  const waiting = new Set<() => void>();
  let free = places;

  function leave(): void {
    const [next] = waiting;
    if (next === undefined) free += 1;
    else next();
  }

  function enter(signal?: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      if (free > 0) {
        free -= 1;
        return resolve(leave);
      }
      const admit = (): void => {
        waiting.delete(admit);
        signal?.removeEventListener('abort', giveUp);
        resolve(leave);
      };
      const giveUp = (): void => {
        waiting.delete(admit);
        reject(signal?.reason);
      };
      waiting.add(admit);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  return { enter };
}
