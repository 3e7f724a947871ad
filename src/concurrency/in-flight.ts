/** Work under way that an abort ends, and that closing ends and waits for. */

import { createCanceller, createRelay, type Canceller } from './abort.ts';

/** The work under way of one owner. */
export interface InFlight {
  /**
   * Does a piece of work that an abort or `close()` ends. Its promise rejects as soon as it is cancelled; what the work holds is
   * given back as soon as the storage lets go of it. Throws a `TypeError` after `close()`.
   */
  readonly perform: <T>(
    signal: AbortSignal | undefined,
    work: (canceller: Canceller) => Promise<T>,
  ) => Promise<T>;
  /** Cancels all work with a `TypeError`, and resolves when nothing is under way any more. Nothing can begin after it. */
  readonly close: () => Promise<void>;
}

export function createInFlight(): InFlight {
  const inFlight = new Map<Canceller, Promise<unknown>>();
  const relay = createRelay();
  let isClosed = false;

  function perform<T>(
    signal: AbortSignal | undefined,
    work: (canceller: Canceller) => Promise<T>,
  ): Promise<T> {
    if (isClosed) throw new TypeError('Cannot inspect a run: the inspector is closed');
    const canceller = createCanceller();
    if (signal?.aborted === true) canceller.cancel(signal.reason);
    const unlisten = signal === undefined ? () => undefined : relay.listen(signal, canceller.cancel);
    const working = work(canceller);
    inFlight.set(canceller, working);
    const end = (): void => {
      inFlight.delete(canceller);
      unlisten();
    };
    return new Promise((resolve, reject) => {
      canceller.onCancel(reject);
      working.finally(end).then(resolve, reject);
    });
  }

  async function close(): Promise<void> {
    isClosed = true;
    const reason = new TypeError('Cannot finish the inspection: the inspector was closed');
    const work = [...inFlight.values()];
    for (const canceller of inFlight.keys()) canceller.cancel(reason);
    await Promise.allSettled(work);
  }

  return { perform, close };
}
