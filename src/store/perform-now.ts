/** A plan comes in and is performed on this thread, at once. */

import { pause, type Call, type Plan } from './calls.ts';
import { errnoOf, isTransient, RETRIES, RETRY_PAUSE } from './errno.ts';

/** Performs a plan; `onCall` is told of every system call before it is made. */
export function performNow<T>(plan: Plan<T>, onCall?: () => void): T {
  let step = plan.next();
  while (step.done !== true) {
    const fault = make(step.value, onCall);
    step = fault === null ? plan.next() : plan.throw(fault.reason);
  }
  return step.value;
}

function make(call: Call, onCall: (() => void) | undefined): { readonly reason: unknown } | null {
  for (let retry = 0; ; retry += 1) {
    onCall?.();
    try {
      call.now();
      return null;
    } catch (fault) {
      if (!isTransient(fault) || call.kind === 'ask once' || retry === RETRIES) return { reason: fault };
      if (errnoOf(fault) === 'EAGAIN') performNow(pause(RETRY_PAUSE), onCall);
    }
  }
}
