/** The time budget of a call. It bounds everything that the call does on the disk, and its wait for a permit. */

import { createCanceller, type Cancellation, type Canceller } from '../concurrency/abort.ts';
import { busy, Refusal } from '../model/errors.ts';
import { LONGEST_TIMER } from '../model/limits.ts';
import { OutOfTime } from '../verify/measurement.ts';
import { clearTimeout, setTimeout } from '../concurrency/clock.ts';

/** The work of an inspection, which ends with the call, or with `OutOfTime` when the budget is over. */
export interface TimedWork {
  readonly canceller: Canceller;
  readonly end: () => void;
}

/** Milliseconds beyond the budget in which a run that was read is seen to stand still. */
const CLOSING_TIME = 250;

/** A time budget, and a little more. */
export function withClosingTime(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.min(milliseconds + CLOSING_TIME, LONGEST_TIMER);
}

export function beginTimedWork(milliseconds: number | undefined, call: Cancellation): TimedWork {
  const canceller = createCanceller();
  const unlisten = call.onCancel(canceller.cancel);
  // A timer of 0 would leave a millisecond, in which a warm inspector may be done or not.
  if (milliseconds === 0) canceller.cancel(new OutOfTime());
  const timer =
    milliseconds === undefined || milliseconds === 0
      ? undefined
      : setTimeout(() => canceller.cancel(new OutOfTime()), milliseconds);
  return {
    canceller,
    end() {
      clearTimeout(timer);
      unlisten();
    },
  };
}

/** What a step makes, or null when the time budget ends it. */
export async function unlessOutOfTime<T>(step: Promise<T>): Promise<T | null> {
  try {
    return await step;
  } catch (reason) {
    if (reason instanceof OutOfTime) return null;
    throw reason;
  }
}

/** The end of an inspection whose time was over before there was a run to answer with. */
export function outOfTime(reason: unknown): unknown {
  return reason instanceof OutOfTime
    ? new Refusal(busy('the time budget was over before the run and all its manifests were read'))
    : reason;
}
