/**
 * A plan of system calls comes in, a promise of its value goes out: the one place that makes calls beside the event
 * loop, few at a time, each again when it was interrupted, none waited for longer than the stall timeout.
 */

import type { Cancellation } from '../cancellation.ts';
import { createGate } from '../gate.ts';
import { waitAWhile } from '../patience.ts';
import type { Call, Plan } from './calls.ts';
import { errnoOf, isTransient, OutOfThreads, RETRIES, RETRY_PAUSE, Stalled } from './errno.ts';

/**
 * Calls in flight at once. Node's pool has four threads for the whole process by default: if storage hangs,
 * half of them stay with the program we are a guest of.
 */
const IN_FLIGHT = 2;

/** Milliseconds between the end of a stall timeout and the verdict. */
const SECOND_LOOK = 20;

/** Performs plans. */
export interface Disk {
  /**
   * Performs a plan to its end. The caller is freed at once by a cancellation (with its reason), by a call that
   * stalls (`Stalled`) and when every thread is lost (`OutOfThreads`); the plan then releases what it holds as soon
   * as its call comes back, because a descriptor must not be closed under a call that may not have begun yet. A value
   * that comes too late for its caller is given to `release`.
   */
  perform<T>(plan: Plan<T>, cancellation?: Cancellation, release?: (value: T) => Plan<void>): Promise<T>;
}

/** The disk as one inspection uses it. */
export interface Session extends Disk {
  /** Performs a plan once no other is under way; waits for it, but not for long if one of them is stuck without its caller. */
  end(plan: Plan<void>): Promise<void>;
  /** Waits in the same way for all that is under way. */
  drain(): Promise<void>;
}

/** Everything of an inspector that touches the disk beside the event loop. */
export interface SharedDisk {
  session(): Session;
}

type Abandon = (reason: unknown) => void;
interface Caller<T> {
  readonly settle: (value: T) => void;
  readonly abandon: Abandon;
  readonly isGone: () => boolean;
}
interface Start<T> {
  readonly settle: (value: T, isLate: boolean) => void;
  readonly reject: (reason: unknown) => void;
  readonly cancellation: Cancellation | undefined;
}

export function createDisk(options: { readonly stallTimeoutMs: number }): SharedDisk {
  const gate = createGate(IN_FLIGHT);
  const active = new Set<Abandon>();
  let lost = 0;

  /** Makes a call once and resolves to its fault or null, however late; `abandon` frees the caller before. */
  async function attempt(call: Call, abandon: Abandon): Promise<Error | null> {
    const leave = await gate.enter();
    let isOver = false;
    let isStalled = false;
    const stall = (): void => {
      if (isOver) return;
      isStalled = true;
      lost += 1;
      abandon(new Stalled(options.stallTimeoutMs));
      if (lost === IN_FLIGHT) for (const each of active) each(new OutOfThreads());
    };
    // A program that was stopped or busy for so long sees its timers before the answers that came meanwhile.
    const timer = setTimeout(
      () => setImmediate(() => setTimeout(stall, SECOND_LOOK)),
      options.stallTimeoutMs,
    );
    const fault = await new Promise<Error | null>((resolve) => call.later(resolve));
    isOver = true;
    clearTimeout(timer);
    if (isStalled) lost -= 1;
    leave();
    return fault;
  }

  async function make(call: Call, abandon: Abandon): Promise<Error | null> {
    if (call.kind === 'wait') return new Promise((resolve) => call.later(resolve));
    for (let retry = 0; ; retry += 1) {
      const fault = await attempt(call, abandon);
      if (fault === null || !isTransient(fault) || call.kind === 'ask once' || retry === RETRIES)
        return fault;
      const pause = errnoOf(fault) === 'EINTR' ? 0 : RETRY_PAUSE;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** Ends in `settle`, in the same turn as the plan: a value that nobody takes would be a descriptor that nobody closes. */
  async function run<T>(plan: Plan<T>, caller: Caller<T>): Promise<void> {
    let step = plan.next();
    let hasEnded = false;
    while (step.done !== true) {
      const call = step.value;
      const mayEnd = (): boolean => call.kind !== 'release' && caller.isGone();
      const fault: Error | null = mayEnd() ? null : await make(call, caller.abandon);
      if (mayEnd()) {
        await new Promise<void>((resolve) => call.discard(resolve));
        hasEnded = true;
        step = plan.throw(ENDED);
      } else step = fault === null ? plan.next() : plan.throw(fault);
    }
    if (!hasEnded) caller.settle(step.value);
  }

  function start<T>(plan: Plan<T>, { settle, reject, cancellation }: Start<T>): Promise<void> {
    let gone = false;
    const abandon: Abandon = (reason) => {
      gone = true;
      reject(reason);
    };
    const unlisten = cancellation?.onCancel(abandon);
    active.add(abandon);
    const caller = { settle: (value: T) => settle(value, gone), abandon, isGone: () => gone };
    return run(plan, caller)
      .catch(reject)
      .finally(() => {
        active.delete(abandon);
        unlisten?.();
      });
  }

  function session(): Session {
    const underWay = new Set<Promise<void>>();

    function perform<T>(
      plan: Plan<T>,
      cancellation?: Cancellation,
      release?: (value: T) => Plan<void>,
    ): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        if (cancellation?.cancelled) return reject(cancellation.cancelled.reason);
        if (lost === IN_FLIGHT) return reject(new OutOfThreads());
        const settle = (value: T, isLate: boolean): void => {
          if (isLate && release !== undefined) void end(release(value));
          else resolve(value);
        };
        const done = start(plan, { settle, reject, cancellation });
        underWay.add(done);
        void done.finally(() => underWay.delete(done));
      });
    }

    async function end(plan: Plan<void>): Promise<void> {
      const before = [...underWay];
      const last = Promise.all(before).then(() =>
        start(plan, { settle: () => undefined, reject: () => undefined, cancellation: undefined }),
      );
      underWay.add(last);
      void last.finally(() => underWay.delete(last));
      await waitAWhile(last);
    }

    /** What comes too late for its caller is released after its plan has ended. */
    async function allDone(): Promise<void> {
      while (underWay.size > 0) await Promise.all(underWay);
    }

    const drain = (): Promise<void> => waitAWhile(allDone());

    return { perform, end, drain };
  }

  return { session };
}

/**
 * Ends a plan whose caller is gone. It is thrown, because `return()` does not pass through a `yield*` whose inner plan has
 * something to release: there the outer plan would go on with a value that is none.
 */
const ENDED = new Error('nobody waits for this plan any more');
