/** Judges whether a run is a restore point, with the reasons when it is none (pure). */

import type { Answer, Validation } from '../model/answer.ts';
import { notRestorable } from '../model/errors.ts';
import { runNotCompleted, runNotVerified, type Reason } from '../model/findings.ts';

/**
 * Restorable means: status completed, no finding of severity error, everything verified.
 *
 * @param answer - with all findings: one that is not kept would be a reason that is not seen.
 * @param most - findings that are kept among the reasons; one at least.
 */
export function judgeRestorable(answer: Answer, most: number): Validation {
  if (!answer.ok) return answer;
  const { run, findings, coverage } = answer;
  const errors = findings.filter(({ severity }) => severity === 'error');
  const reasons: Reason[] = [
    ...(run.status === 'completed' ? [] : [runNotCompleted(run)]),
    ...(coverage.complete ? [] : [runNotVerified(run, coverage, findings)]),
    ...errors.slice(0, Math.max(1, most)),
  ];
  return reasons.length === 0
    ? { ok: true, run, coverage }
    : { ok: false, error: notRestorable(run, reasons) };
}
