/** What can be wrong with a run that could be read: every code once, with its severity and its sentence (pure). */

import type { BackupRun, Coverage } from './run.ts';
import { printable, quote } from './printable.ts';

/** `error`: do not rely on this run as it is. `warning`: look at it. */
export type Severity = 'error' | 'warning';

/** The codes are API; the messages are for people. */
export type FindingCode =
  | 'ARTIFACT_MISSING'
  | 'ARTIFACT_NOT_REGULAR_FILE'
  | 'ARTIFACT_PATH_UNSAFE'
  | 'ARTIFACT_UNREADABLE'
  | 'ARTIFACT_STALLED'
  | 'ARTIFACT_SIZE_MISMATCH'
  | 'ARTIFACT_DIGEST_MISMATCH'
  | 'ARTIFACT_CHANGED'
  | 'ARTIFACT_EMPTY'
  | 'ARTIFACT_DIGEST_UNKNOWN'
  | 'ARTIFACT_RECORDED_INVALID'
  | 'ARTIFACT_CONTENT_INVALID'
  | 'ARTIFACT_NOT_VERIFIED'
  | 'ARTIFACT_DUPLICATE'
  | 'ARTIFACT_UNLISTED'
  | 'PARTICIPANT_MISSING'
  | 'PARTICIPANT_MANIFEST_INVALID'
  | 'PARTICIPANT_CONFLICT'
  | 'PARTICIPANT_DUPLICATE'
  | 'PARTICIPANT_UNREQUESTED'
  | 'STATUS_CONFLICT'
  | 'RUN_INCONSISTENT';

/** Something wrong with a run that could be read. Plain JSON. */
export interface Finding {
  /** Which finding it is. */
  code: FindingCode;
  /** `error` says that something is not as it should be, `warning` that somebody should know. */
  severity: Severity;
  /** One sentence that begins with the quoted name; every name in it is escaped. */
  message: string;
  /** The participant concerned. */
  participant?: string;
  /** The logical name of the artifact concerned. */
  artifact?: string;
  /** Where it is, in the form of the run's `path`. */
  path?: string;
  /** What the manifest says; sizes in bytes. */
  expected?: string | number;
  /** What the disk says; sizes in bytes. */
  actual?: string | number;
}

/** The facts of a finding; the table adds severity and sentence. */
export type Facts = Pick<Finding, 'participant' | 'artifact' | 'path' | 'expected' | 'actual'>;

type Row = readonly [severity: Severity, sentence: (facts: Shown) => string];

/** The facts as text that is safe to print. */
interface Shown {
  readonly name: string;
  readonly path: string;
  readonly expected: string;
  readonly actual: string;
  /** The actual value between quotes. */
  readonly quoted: string;
}

const TABLE: Readonly<Record<FindingCode, Row>> = {
  ARTIFACT_MISSING: [
    'error',
    (f) =>
      f.actual === ''
        ? `${f.name} is recorded but not on disk`
        : `${f.name} is recorded but not on disk, where its path stands in another Unicode form: ${f.actual}, recorded in ${f.expected}`,
  ],
  ARTIFACT_NOT_REGULAR_FILE: ['error', (f) => `${f.name} is not a regular file: found a ${f.actual}`],
  ARTIFACT_PATH_UNSAFE: ['error', (f) => `${f.name} has an unsafe recorded path: found ${f.quoted}`],
  ARTIFACT_UNREADABLE: ['error', (f) => `${f.name} is not verified: it cannot be read (${f.actual})`],
  ARTIFACT_STALLED: ['error', (f) => `${f.name} is not verified: no byte came for ${f.actual} ms`],
  ARTIFACT_SIZE_MISMATCH: [
    'error',
    (f) => `${f.name} has ${f.actual} bytes on disk but ${f.expected} in the manifest`,
  ],
  ARTIFACT_DIGEST_MISMATCH: [
    'error',
    (f) => `${f.name} has SHA-256 ${f.actual} on disk but ${f.expected} in the manifest`,
  ],
  ARTIFACT_CHANGED: ['error', (f) => `${f.name} changed while it was hashed, twice`],
  ARTIFACT_EMPTY: ['error', (f) => `${f.name} is empty: an artifact of 0 bytes restores nothing`],
  ARTIFACT_DIGEST_UNKNOWN: [
    'error',
    (f) => `${f.name} is not verified: its record should have ${f.expected}, found ${f.actual}`,
  ],
  ARTIFACT_RECORDED_INVALID: ['error', (f) => `${f.name} was recorded as invalid: ${f.actual}`],
  ARTIFACT_CONTENT_INVALID: ['error', (f) => `${f.name} is rejected by a content validator: ${f.actual}`],
  ARTIFACT_NOT_VERIFIED: ['warning', (f) => `${f.name} is not verified: ${f.actual}`],
  ARTIFACT_DUPLICATE: ['error', (f) => `${f.name} claims a path that an earlier record claims: ${f.path}`],
  ARTIFACT_UNLISTED: [
    'warning',
    (f) =>
      f.actual === ''
        ? `${f.name} is on disk but in no manifest`
        : `${f.name} is on disk but in no manifest, which has the path in another Unicode form: ${f.expected}, on disk in ${f.actual}`,
  ],
  PARTICIPANT_MISSING: ['error', (f) => `${f.name} is named by the run but has no record`],
  PARTICIPANT_MANIFEST_INVALID: ['error', (f) => `${f.name} has a manifest that cannot be used: ${f.actual}`],
  PARTICIPANT_CONFLICT: [
    'warning',
    (f) => `${f.name} has an inline record and a file that disagree: ${f.actual}; the file is used`,
  ],
  PARTICIPANT_DUPLICATE: [
    'error',
    (f) => `${f.name} stands ${f.actual} times in the manifest; the first is used`,
  ],
  PARTICIPANT_UNREQUESTED: ['warning', (f) => `${f.name} is in a scoped run that did not request it`],
  STATUS_CONFLICT: [
    'error',
    (f) => `${f.name} stands under "${f.actual}" but its manifest says "${f.expected}"`,
  ],
  RUN_INCONSISTENT: [
    'error',
    (f) => `${f.name} makes the record contradict itself: expected ${f.expected}, found ${f.actual}`,
  ],
};

/** Makes the finding of a code; it is about the artifact, else the participant, else the path. */
export function finding(code: FindingCode, facts: Facts): Finding {
  const [severity, sentence] = TABLE[code];
  const message = sentence({
    name: quote(subjectOf(facts)),
    path: quote(facts.path ?? ''),
    expected: printable(String(facts.expected ?? '')),
    actual: printable(String(facts.actual ?? '')),
    quoted: quote(String(facts.actual ?? '')),
  });
  return { code, severity, message, ...facts };
}

/** What a finding is about. */
function subjectOf({ artifact, participant, path = '' }: Facts): string {
  return artifact ?? participant ?? path;
}

/** The finding of an artifact of 0 bytes whose record says that it is to have none, and is valid: databases have empty relations. */
export function emptyAsRecorded(facts: Facts): Finding {
  const name = quote(facts.artifact ?? '');
  return {
    code: 'ARTIFACT_EMPTY',
    severity: 'warning',
    message: `${name} is empty, as its record says`,
    ...facts,
  };
}

/** What keeps a run that was read from being restored, beside its findings. */
export type ReasonCode = 'RUN_NOT_COMPLETED' | 'RUN_NOT_VERIFIED';

/** Why a run cannot be restored: a finding of severity error, or what stands only here. Plain JSON. */
export interface Reason extends Omit<Finding, 'code'> {
  /** Which reason it is: that of a finding, or one that stands only here. */
  code: FindingCode | ReasonCode;
}

/** The run did not end as `completed`. */
export function runNotCompleted({ path, status }: BackupRun): Reason {
  const message = `${quote(path)} is not a completed run: its status is "${status}"`;
  return {
    code: 'RUN_NOT_COMPLETED',
    severity: 'error',
    message,
    path,
    expected: 'completed',
    actual: status,
  };
}

/**
 * Not everything of the run was verified.
 *
 * @param findings - all of the run: the first that says why is told.
 */
export function runNotVerified(
  { path }: BackupRun,
  coverage: Coverage,
  findings: readonly Finding[],
): Reason {
  const why = [whatIsVerified(coverage), causeIn(findings, coverage, path)].filter((part) => part !== '');
  const message = `${quote(path)} is not verified: ${why.join('; ')}`;
  return { code: 'RUN_NOT_VERIFIED', severity: 'error', message, path };
}

function whatIsVerified({ level, artifacts, verified }: Coverage): string {
  if (level !== 'digest') return `no artifact is read at level "${level}"`;
  return verified < artifacts ? `${verified} of ${artifacts} artifacts were verified` : '';
}

/** What leaves something unverified. */
const CAUSES: readonly FindingCode[] = [
  'ARTIFACT_PATH_UNSAFE',
  'ARTIFACT_UNREADABLE',
  'ARTIFACT_STALLED',
  'ARTIFACT_DIGEST_UNKNOWN',
  'ARTIFACT_NOT_VERIFIED',
];

/** The first finding that leaves something unverified, as a part of a sentence about the run at `path`; `""` where the level does. */
function causeIn(findings: readonly Finding[], { level }: Coverage, path: string): string {
  if (level !== 'digest') return '';
  const cause =
    findings.find(({ code }) => CAUSES.includes(code)) ??
    // What is in a participant's manifest that cannot be read, nobody knows.
    findings.find(({ code }) => code === 'PARTICIPANT_MANIFEST_INVALID');
  if (cause === undefined) return 'something in it could not be looked at';
  const name = quote(subjectOf(cause));
  const beginning = `${name} is not verified: `;
  if (!cause.message.startsWith(beginning)) return cause.message;
  const why = cause.message.slice(beginning.length);
  return subjectOf(cause) === path ? why : `${name}: ${why}`;
}
