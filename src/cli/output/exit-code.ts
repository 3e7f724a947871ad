/** The exit code, a pure function of what came of every run. */

import type { BackupRunError, Coverage, Finding, Validation } from '../../index.ts';

/** What came of one run. */
export type RunOutcome = 'good' | 'damaged' | 'not found' | 'not inspected';

/** What came of all runs; empty where there was nothing to inspect. */
export type RunOutcomes = ReadonlySet<RunOutcome>;

/** Of what was typed and cannot be meant. */
export const USAGE_EXIT_CODE = 2;

/** The first that applies stands for all. */
const CODES: readonly (readonly [RunOutcome, number])[] = [
  ['not inspected', 4],
  ['damaged', 1],
  ['not found', 3],
];

/** The exit code: a run that could not be inspected outweighs a damaged one, and that one that was not found. */
export function exitCode(outcomes: RunOutcomes): number {
  return CODES.find(([outcome]) => outcomes.has(outcome))?.[1] ?? 0;
}

/**
 * What a run that could be read comes to. What was left unverified is a warning, and no finding of severity error. Where
 * findings were left out nobody knows what they were.
 */
export function runOutcomeOf(
  findings: readonly Pick<Finding, 'severity'>[],
  { findingsTotal }: Pick<Coverage, 'findingsTotal'>,
): RunOutcome {
  if (findings.some(({ severity }) => severity === 'error')) return 'damaged';
  return findingsTotal > findings.length ? 'not inspected' : 'good';
}

/** What it means that there is no run to return. */
export function outcomeOfError({ code }: Pick<BackupRunError, 'code'>): RunOutcome {
  return code === 'BACKUP_RUN_NOT_FOUND' ? 'not found' : 'not inspected';
}

/** What came of a run that was verified: one that is damaged may also not have been verified completely. */
export function outcomesOfValidation(validation: Validation): RunOutcome[] {
  if (validation.ok) return ['good'];
  const { error } = validation;
  if (error.code !== 'BACKUP_RUN_NOT_RESTORABLE') return [outcomeOfError(error)];
  const isPartly = error.reasons.some(({ code }) => code === 'RUN_NOT_VERIFIED');
  return isPartly ? ['damaged', 'not inspected'] : ['damaged'];
}
