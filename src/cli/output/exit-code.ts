/** What came of every run comes in, the exit code of the program goes out. */

import type { BackupRunError, Coverage, Finding, Validation } from '../../index.ts';

/** What came of one run. */
export type Outcome = 'good' | 'damaged' | 'not found' | 'not inspected';

/** Of what was typed and cannot be meant. */
export const USAGE = 2;

/** The first that applies stands for all. */
const CODES: readonly (readonly [Outcome, number])[] = [
  ['not inspected', 4],
  ['damaged', 1],
  ['not found', 3],
];

/** The exit code: a run that could not be inspected outweighs a damaged one, and that one that was not found. */
export function exitCode(outcomes: ReadonlySet<Outcome>): number {
  return CODES.find(([outcome]) => outcomes.has(outcome))?.[1] ?? 0;
}

/**
 * What a run that could be read comes to. What was left unverified is a warning, and no finding of severity error. Where
 * findings were left out nobody knows what they were.
 */
export function outcomeOf(
  findings: readonly Pick<Finding, 'severity'>[],
  { findingsTotal }: Pick<Coverage, 'findingsTotal'>,
): Outcome {
  if (findings.some(({ severity }) => severity === 'error')) return 'damaged';
  return findingsTotal > findings.length ? 'not inspected' : 'good';
}

/** What it means that there is no run to return. */
export function outcomeOfError({ code }: Pick<BackupRunError, 'code'>): Outcome {
  return code === 'BACKUP_RUN_NOT_FOUND' ? 'not found' : 'not inspected';
}

/** What came of a run that was verified: one that is damaged may also not have been verified wholly. */
export function outcomesOfValidation(validation: Validation): Outcome[] {
  if (validation.ok) return ['good'];
  const { error } = validation;
  if (error.code !== 'BACKUP_RUN_NOT_RESTORABLE') return [outcomeOfError(error)];
  const isPartly = error.reasons.some(({ code }) => code === 'RUN_NOT_VERIFIED');
  return isPartly ? ['damaged', 'not inspected'] : ['damaged'];
}
