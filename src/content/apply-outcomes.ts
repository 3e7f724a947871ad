/** Applies the outcomes of validators to a judged artifact: its last verdict, and its findings (pure). */

import { finding, type Facts } from '../model/findings.ts';
import { inOrder, type Judged } from '../verify/judge.ts';
import type { Outcome } from './call-validator.ts';

/** `participant` is whose artifact it is. */
export function applyOutcomes(judged: Judged, participant: string, outcomes: readonly Outcome[]): Judged {
  const { artifact } = judged;
  const facts = (texts: readonly string[]): Facts => ({
    participant,
    artifact: artifact.logical_name,
    path: artifact.path,
    actual: texts.join('; '),
  });
  const reasons = outcomes.flatMap((outcome) => (outcome.type === 'rejected' ? outcome.reason : []));
  const whys = outcomes.flatMap((outcome) => (outcome.type === 'skipped' ? outcome.why : []));
  const unverified = whys.length === 0 ? null : finding('ARTIFACT_NOT_VERIFIED', facts(whys));
  const invalid = reasons.length === 0 ? null : finding('ARTIFACT_CONTENT_INVALID', facts(reasons));
  const errors = [unverified?.message, artifact.validation_error, invalid?.message];
  const validation_error = errors.filter((text) => text !== undefined && text !== '').join('; ');
  return {
    ...judged,
    artifact: { ...artifact, validation_ok: validation_error === '', validation_error },
    findings: inOrder([...judged.findings, unverified, invalid]),
    isSkipped: unverified !== null,
  };
}
