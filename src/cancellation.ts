/** A reason to stop comes in once, everybody who asked to be told is told: as cheap for ten thousand as for one. */

/** What may be cancelled listens to this. */
export interface Cancellation {
  /** Why it was cancelled; null while it was not. */
  readonly cancelled: { readonly reason: unknown } | null;
  /** Asks to be told; the function that is returned takes that back. */
  onCancel(listener: (reason: unknown) => void): () => void;
}

/** What cancels. */
export interface Canceller extends Cancellation {
  /** Only the first time counts. */
  readonly cancel: (reason: unknown) => void;
}

/** An `AbortSignal` searches all its listeners whenever one more is added; here a set is enough. */
export function createCanceller(): Canceller {
  const listeners = new Set<(reason: unknown) => void>();
  let cancelled: { readonly reason: unknown } | null = null;
  return {
    get cancelled() {
      return cancelled;
    },
    onCancel(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    cancel(reason) {
      if (cancelled !== null) return;
      cancelled = { reason };
      for (const listener of listeners) listener(reason);
      listeners.clear();
    },
  };
}

/** Throws the reason when it was cancelled. */
export function throwIfCancelled({ cancelled }: Cancellation): void {
  if (cancelled !== null) throw cancelled.reason;
}
