/** The time budget of a call comes in, what it bounds goes out: the reading of artifacts, and the wait for a place. */

import { createCanceller, type Cancellation, type Canceller } from './cancellation.ts';
import type { Gate } from './gate.ts';
import type { InspectionSettings } from './request.ts';
import { OutOfTime } from './verify/measurement.ts';

/** Waits for a place no longer than the time budget lasts: what hashes nothing any more goes with the quick ones. */
export async function enterInTime(
  call: InspectionSettings,
  reading: Cancellation,
  canceller: Cancellation,
  gateFor: (call: InspectionSettings) => Gate,
): Promise<() => void> {
  try {
    return await gateFor(call).enter(reading);
  } catch (reason) {
    if (!(reason instanceof OutOfTime)) throw reason;
    return gateFor({ ...call, level: 'none' }).enter(canceller);
  }
}

/** The reading of an inspection, which ends with the call, or with `OutOfTime` when the budget is over. */
export interface Reading {
  readonly canceller: Canceller;
  end(): void;
}

export function beginReading(milliseconds: number | undefined, call: Cancellation): Reading {
  const canceller = createCanceller();
  const unlisten = call.onCancel(canceller.cancel);
  const timer =
    milliseconds === undefined
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
