/** The verdict on an inspected run, in one line that a person can act on. */

import type { BackupRun, Coverage, Finding, Inspected } from '../../index.ts';
import { runOutcomeOf } from './exit-code.ts';
import type { Meaning } from './paint.ts';
import { counted, grouped, size } from './quantities.ts';

/** The last word about a run. */
export interface RunVerdict {
  readonly meaning: Meaning;
  readonly text: string;
}

/** The last word about an inspected run: sound only when it is completed, and everything was verified. */
export function runVerdictOf({ run, findings, coverage }: Inspected): RunVerdict {
  const outcome = runOutcomeOf(findings, coverage);
  if (run.status === 'running') return stillRunning(findings, coverage);
  if (outcome === 'damaged') return damaged(findings, coverage);
  if (outcome === 'not inspected')
    return { meaning: 'doubtful', text: 'Not verified: there are more findings than can be kept.' };
  if (run.status !== 'completed') return notCompleted(run, coverage);
  if (!coverage.complete) return notVerified(coverage);
  const warnings = coverage.findingsTotal === 0 ? '' : `, ${counted(coverage.findingsTotal, 'warning')}`;
  const verified = coverage.artifacts === 0 ? '' : ', all verified';
  return { meaning: 'good', text: `Sound: ${extent(coverage)}${verified}${warnings}.` };
}

/** How much a run claims to hold. */
export function extent({ artifacts, bytes }: Pick<Coverage, 'artifacts' | 'bytes'>): string {
  if (artifacts === 0) return 'it claims no artifact';
  return `${counted(artifacts, 'artifact')}, ${size(bytes)}`;
}

/** `2 errors, 1 warning`, or nothing. */
export function tally(findings: readonly Pick<Finding, 'severity'>[]): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  const parts = [
    errors === 0 ? '' : counted(errors, 'error'),
    warnings === 0 ? '' : counted(warnings, 'warning'),
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function verifiedOf({ verified, artifacts }: Coverage): string {
  if (artifacts > 0 && verified === artifacts) return 'all verified';
  return `${grouped(verified)} of ${grouped(artifacts)} verified`;
}

function stillRunning(findings: readonly Finding[], coverage: Coverage): RunVerdict {
  const faults = findings.some(({ severity }) => severity === 'error') ? `${tally(findings)} so far; ` : '';
  return {
    meaning: faults === '' ? 'busy' : 'bad',
    text: `Still running: ${faults}look again when it has finished; until now ${extent(coverage)}, ${verifiedOf(coverage)}.`,
  };
}

/** What the disk does not give is neither missing nor corrupt. */
const UNREADABLE_CODES = ['ARTIFACT_UNREADABLE', 'ARTIFACT_STALLED'] as const satisfies Finding['code'][];

/** What no look at the disk could verify: nobody knows whether it is damaged. */
export const UNVERIFIABLE_CODES = [
  ...UNREADABLE_CODES,
  'ARTIFACT_DIGEST_UNKNOWN',
  'ARTIFACT_PATH_UNSAFE',
] as const satisfies Finding['code'][];

function damaged(findings: readonly Finding[], coverage: Coverage): RunVerdict {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const ofArtifacts = errors.filter(({ code }) => code.startsWith('ARTIFACT_'));
  return { meaning: 'bad', text: damageSentence(errors, ofArtifacts, coverage) };
}

function damageSentence(
  errors: readonly Finding[],
  ofArtifacts: readonly Finding[],
  coverage: Coverage,
): string {
  const names = ofArtifacts.map(({ participant, artifact, path }) =>
    JSON.stringify([participant, artifact, path]),
  );
  const bad = grouped(new Set(names).size);
  const all = counted(errors.length, 'error');
  if (errors.every(({ code }) => UNREADABLE_CODES.some((unread) => unread === code))) {
    return `Not verified: ${bad} of the run's files and directories cannot be read; look after the storage first.`;
  }
  if (errors.every(({ code }) => UNVERIFIABLE_CODES.some((unverifiable) => unverifiable === code))) {
    return `Not verified: ${bad} of ${counted(coverage.artifacts, 'artifact')} cannot be; see the findings before you rely on it.`;
  }
  if (bad === '0') return `Not sound: do not restore from this run; ${all} in its record.`;
  return `Damaged: do not restore from this run; ${all}, ${bad} of ${counted(coverage.artifacts, 'artifact')} bad.`;
}

function notCompleted({ status }: BackupRun, coverage: Coverage): RunVerdict {
  const what =
    coverage.artifacts === 0 ? 'it has no artifacts' : `what it has is as recorded: ${extent(coverage)}`;
  const held =
    coverage.complete || coverage.artifacts === 0 ? what : `${extent(coverage)}, ${verifiedOf(coverage)}`;
  return { meaning: 'doubtful', text: `Not a restore point: the run is ${status}, not completed; ${held}.` };
}

function notVerified(coverage: Coverage): RunVerdict {
  const { level, verified, artifacts } = coverage;
  const beginning = `Not verified: ${extent(coverage)}`;
  if (level !== 'digest') {
    const how = `level ${level} hashes nothing, so inspect it at level digest before you rely on it`;
    return { meaning: 'doubtful', text: `${beginning}, ${verifiedOf(coverage)}; ${how}.` };
  }
  if (verified < artifacts) {
    const how = 'inspect it again with more time before you rely on it';
    return { meaning: 'doubtful', text: `${beginning}, ${verifiedOf(coverage)}; ${how}.` };
  }
  const hashed = artifacts === 0 ? '' : ', all hashed';
  return {
    meaning: 'doubtful',
    text: `${beginning}${hashed}, but not everything could be looked at; see the findings.`,
  };
}
