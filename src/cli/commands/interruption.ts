/** Commands that end early: why they do, and what is printed then. */

import type { CliContext } from '../context.ts';
import { complain } from '../output/complain.ts';
import type { RunOutcome } from '../output/exit-code.ts';

/** Why a command ends early: one of these signals came, or nobody reads its output any more. */
export type Stop = 'SIGINT' | 'SIGTERM' | 'SIGPIPE';

/** Whether a person asked to stop: somebody is there to read what was done until then. */
export function wasInterrupted({ signal }: Pick<CliContext, 'signal'>): boolean {
  return signal.aborted && signal.reason !== ('SIGPIPE' satisfies Stop);
}

/**
 * Complains that a command ended early, and gives what that means for its exit code.
 *
 * @throws the reason where nobody asked to stop: a usage error, or what nobody foresaw.
 */
export async function complainOfStop(reason: unknown, context: CliContext): Promise<RunOutcome> {
  if (!context.signal.aborted) throw reason;
  if (wasInterrupted(context)) await complain(context, 'Interrupted');
  return 'not inspected';
}
