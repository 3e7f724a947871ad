/**
 * A plan of system calls comes in, a promise of its value goes out: the one place that makes calls beside the event
 * loop, few at a time, each again when it was interrupted, none waited for longer than the stall timeout.
 */

import type { Call, Plan } from './calls.ts';
import { errnoOf, isTransient, OutOfThreads, Stalled } from './errno.ts';

/**
 * Calls in flight at once. Node's pool has four threads for the whole process by default: if storage hangs,
 * half of them stay with the program we are a guest of.
 */
const IN_FLIGHT = 2;

/** How often an interrupted call is made again, and the pause before it in milliseconds. */
const RETRIES = 20;
const RETRY_PAUSE = 5;

/** Everything of an inspector that touches the disk asynchronously. */
export interface Disk {
  /**
   * Performs a plan to its end. The caller is freed at once by an abort (with the signal's reason), by a call that
   * stalls (`Stalled`) and when every thread is lost (`OutOfThreads`); the plan then releases what it holds as soon
   * as its call comes back, because a descriptor must not be closed under a call that may not have begun yet. A value
   * that comes too late for its caller is given to `release`.
   */
  perform<T>(plan: Plan<T>, signal?: AbortSignal, release?: (value: T) => Plan<void>): Promise<T>;
}

type Abandon = (reason: unknown) => void;
type Ended<T> = { readonly value: T } | null;
interface Caller<T> {
  readonly settle: (value: T) => void;
  readonly abandon: Abandon;
  readonly isGone: () => boolean;
}
type Endable<T> = Generator<Call, Ended<T>, void>;

export function createDisk(options: { readonly stallTimeoutMs: number }): Disk {
  const queue: (() => void)[] = [];
  const active = new Set<Abandon>();
  let slots = IN_FLIGHT;
  let lost = 0;

  async function acquire(): Promise<void> {
    if (slots > 0) slots -= 1;
    else await new Promise<void>((resolve) => queue.push(resolve));
  }

  function free(): void {
    const next = queue.shift();
    if (next === undefined) slots += 1;
    else next();
  }

  /** Makes a call once and resolves to its fault or null, however late; `abandon` frees the caller before. */
  async function attempt(call: Call, abandon: Abandon): Promise<Error | null> {
    await acquire();
    let stalled = false;
    const timer = setTimeout(() => {
      stalled = true;
      lost += 1;
      abandon(new Stalled(options.stallTimeoutMs));
      if (lost === IN_FLIGHT) for (const each of active) each(new OutOfThreads());
    }, options.stallTimeoutMs);
    const fault = await new Promise<Error | null>((resolve) => call.later(resolve));
    clearTimeout(timer);
    if (stalled) lost -= 1;
    free();
    return fault;
  }

  async function make(call: Call, abandon: Abandon): Promise<Error | null> {
    if (call.kind === 'wait') return new Promise((resolve) => call.later(resolve));
    for (let retry = 0; ; retry += 1) {
      const fault = await attempt(call, abandon);
      if (fault === null || !isTransient(fault) || retry === RETRIES) return fault;
      const pause = errnoOf(fault) === 'EINTR' ? 0 : RETRY_PAUSE;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** Ends in `settle`, in the same turn as the plan: a value that nobody takes would be a descriptor that nobody closes. */
  async function run<T>(steps: Endable<T>, caller: Caller<T>): Promise<void> {
    let step = steps.next();
    let ending = false;
    while (step.done !== true) {
      const call = step.value;
      const mayEnd: boolean = !ending && call.kind !== 'release';
      ending ||= mayEnd && caller.isGone();
      if (mayEnd && ending) {
        step = steps.return(null);
        continue;
      }
      const fault = await make(call, caller.abandon);
      if (mayEnd && caller.isGone()) {
        ending = true;
        if (fault === null) call.discard();
        step = steps.return(null);
      } else step = fault === null ? steps.next() : steps.throw(fault);
    }
    if (step.value !== null) caller.settle(step.value.value);
  }

  function perform<T>(plan: Plan<T>, signal?: AbortSignal, release?: (value: T) => Plan<void>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let gone = false;
      const abandon: Abandon = (reason) => {
        gone = true;
        reject(reason);
      };
      const abort = (): void => abandon(signal?.reason);
      if (signal?.aborted === true) return abort();
      if (lost === IN_FLIGHT) return abandon(new OutOfThreads());
      signal?.addEventListener('abort', abort, { once: true });
      active.add(abandon);
      const settle = (value: T): void => {
        if (gone && release !== undefined) void perform(release(value));
        else resolve(value);
      };
      void run(endable(plan), { settle, abandon, isGone: () => gone })
        .catch(reject)
        .finally(() => {
          active.delete(abandon);
          signal?.removeEventListener('abort', abort);
        });
    });
  }

  return { perform };
}

/** A plan that can be ended early, by `return(null)`: what it holds is released, and no catch of it is asked. */
function* endable<T>(plan: Plan<T>): Endable<T> {
  return { value: yield* plan };
}

/** Performs a plan on this thread, at once. */
export function performNow<T>(plan: Plan<T>): T {
  let step = plan.next();
  while (step.done !== true) {
    const fault = makeNow(step.value);
    step = fault === null ? plan.next() : plan.throw(fault.reason);
  }
  return step.value;
}

function makeNow(call: Call): { readonly reason: unknown } | null {
  for (let retry = 0; ; retry += 1) {
    try {
      call.now();
      return null;
    } catch (fault) {
      if (!isTransient(fault) || retry === RETRIES) return { reason: fault };
    }
  }
}
