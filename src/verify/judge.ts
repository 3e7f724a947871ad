/** Judges a claim by what the disk says about its file: the artifact with its verdicts, and the findings (pure). */

import { emptyAsRecorded, finding, type Facts, type Finding, type FindingCode } from '../model/findings.ts';
import { unicodeFormOf } from '../model/unicode-form.ts';
import type { Artifact, Level } from '../model/run.ts';
import { digestOf, type Claim } from '../manifest/claims.ts';
import type { Measurement } from './measurement.ts';

/** An artifact of the answer, and how it came to its verdicts. */
export interface Judged {
  readonly artifact: Artifact;
  readonly findings: readonly Finding[];
  /** Whether the verdict was measured now, by a read of its own or a shared one, or is remembered by the memo. */
  readonly isMeasured: boolean;
  /** Whether the memo answered for the disk. */
  readonly isRemembered: boolean;
  /** Whether a content validator that applies, or may apply, came to no verdict. */
  readonly isSkipped: boolean;
}

/** Makes a finding about the claim that is judged. */
type Make = (code: FindingCode, more?: Facts) => Finding;

/** Judges one claim; `measurement` is null when its file was not looked at. `runPath` is the run's, for answers. */
export function judge(claim: Claim, measurement: Measurement | null, level: Level, runPath: string): Judged {
  const { record } = claim;
  const path = claim.path === '' ? '' : `${runPath}/${claim.path}`;
  const about = {
    participant: claim.participant,
    artifact: record.logical_name,
    ...(path !== '' && { path }),
  };
  const make: Make = (code, more) => finding(code, { ...about, ...more });

  const fault = integrityFault(claim, measurement, level, make);
  const recorded =
    fault === null ? recordedFaults(claim, level, make) : { integrity: null, validation: null };
  const isMeantEmpty = record.size_bytes === 0 && record.validation_ok === true;
  const isEmptyNow = isEmpty(claim, measurement);
  const emptyFault = isEmptyNow && !isMeantEmpty ? make('ARTIFACT_EMPTY') : null;
  const emptiness = isEmptyNow && isMeantEmpty ? emptyAsRecorded(about) : emptyFault;
  const integrity = fault ?? recorded.integrity;
  const validation = [emptyFault, recorded.validation].filter((each) => each !== null);
  if (integrity !== null && (fault !== null || validation.length === 0))
    validation.splice(0, Infinity, integrity);
  const duplicate = claim.isDuplicate ? make('ARTIFACT_DUPLICATE') : null;
  return {
    artifact: {
      logical_name: record.logical_name,
      path,
      size_bytes: record.size_bytes ?? 0,
      sha256: claim.expected?.digest ?? digestOf(record),
      integrity_ok: integrity === null,
      integrity_error: integrity?.message ?? '',
      validation_ok: validation.length === 0,
      validation_error: validation.map(({ message }) => message).join('; '),
    },
    findings: inOrder([duplicate, integrity, recorded.validation, emptiness]),
    isMeasured: fault === null ? measurement?.type === 'content' : MEASURED.has(fault.code),
    isRemembered: measurement?.type === 'content' && measurement.isRemembered,
    isSkipped: false,
  };
}

/** The faults that were seen on the disk, and not merely assumed for want of a check. */
const MEASURED: ReadonlySet<FindingCode> = new Set([
  'ARTIFACT_MISSING',
  'ARTIFACT_NOT_REGULAR_FILE',
  'ARTIFACT_SIZE_MISMATCH',
  'ARTIFACT_DIGEST_MISMATCH',
  'ARTIFACT_CHANGED',
]);

/**
 * The first fault of the artifact's integrity, or null: path unsafe, missing, not regular, unreadable, stalled, digest unknown, size,
 * digest, changed, not verified. Behind it come, in `judge`: empty, recorded invalid, content invalid.
 */
function integrityFault(
  claim: Claim,
  measurement: Measurement | null,
  level: Level,
  make: Make,
): Finding | null {
  if (claim.path === '') {
    return make('ARTIFACT_PATH_UNSAFE', { actual: claim.record.path ?? claim.record.logical_name });
  }
  switch (measurement?.type) {
    case 'missing':
      return make('ARTIFACT_MISSING', formsAt(claim.path, measurement.otherForm));
    case 'not-regular':
      return make('ARTIFACT_NOT_REGULAR_FILE', { actual: measurement.kind });
    case 'unreadable':
      return make('ARTIFACT_UNREADABLE', { actual: measurement.errno });
    case 'stalled':
      return make('ARTIFACT_STALLED', { actual: measurement.milliseconds });
    default:
  }
  if (claim.expected === null) return make('ARTIFACT_DIGEST_UNKNOWN', unknownDigest(claim));
  const { size, digest } = claim.expected;
  // Not looked at because the level says so, or for a reason that must not pass for a check.
  if (measurement === null)
    return level === 'digest' ? make('ARTIFACT_NOT_VERIFIED', { actual: 'it was not read' }) : null;
  if (measurement.type === 'unread') return make('ARTIFACT_NOT_VERIFIED', { actual: measurement.why });
  if (measurement.type === 'changing') return make('ARTIFACT_CHANGED');
  if (measurement.size !== size) {
    return make('ARTIFACT_SIZE_MISMATCH', { expected: size, actual: exact(measurement.size) });
  }
  return measurement.type === 'content' && measurement.digest !== digest
    ? make('ARTIFACT_DIGEST_MISMATCH', { expected: digest, actual: measurement.digest })
    : null;
}

/** What tells the recorded path from the one on disk that looks the same, if there is one. */
function formsAt(path: string, otherForm: string | undefined): Facts {
  return otherForm === undefined ? {} : { expected: unicodeFormOf(path), actual: unicodeFormOf(otherForm) };
}

function unknownDigest({ record: { size_bytes: size, sha256 } }: Claim): Facts {
  if (size === undefined) return { expected: 'size_bytes', actual: 'nothing' };
  if (sha256 === undefined) return { expected: 'sha256', actual: 'nothing' };
  return { expected: 'a sha256 of 64 hexadecimal digits', actual: sha256 };
}

/** A size as a number where a number can say it. */
function exact(size: number | bigint): number | string {
  return size <= Number.MAX_SAFE_INTEGER ? Number(size) : String(size);
}

interface RecordedFaults {
  readonly integrity: Finding | null;
  readonly validation: Finding | null;
}

/** What the record itself says against an artifact with which the disk has no quarrel. */
function recordedFaults({ record }: Claim, level: Level, make: Make): RecordedFaults {
  const invalid = (flag: Flag): Finding =>
    make('ARTIFACT_RECORDED_INVALID', { actual: record[ERROR_OF[flag]] || `${flag} false` });
  if (level === 'digest') {
    const bad = FLAGS.find((flag) => record[flag] === false);
    return { integrity: null, validation: bad === undefined ? null : invalid(bad) };
  }
  const taken = (flag: Flag): Finding | null => {
    if (record[flag] === true) return null;
    if (record[flag] === false) return invalid(flag);
    return make('ARTIFACT_NOT_VERIFIED', { actual: `level ${level} and no recorded ${flag}` });
  };
  const [integrity, validation] = [taken('integrity_ok'), taken('validation_ok')];
  // One finding of a code speaks for both flags.
  return { integrity, validation: integrity?.code === validation?.code ? integrity : validation };
}

const FLAGS = ['integrity_ok', 'validation_ok'] as const;
type Flag = (typeof FLAGS)[number];
const ERROR_OF = { integrity_ok: 'integrity_error', validation_ok: 'validation_error' } as const;

/** 0 bytes; where the size is a mismatch, that says it already. */
function isEmpty({ record, path }: Claim, measurement: Measurement | null): boolean {
  if (path === '') return false;
  if (measurement === null) return record.size_bytes === 0;
  const isSized = measurement.type === 'size' || measurement.type === 'content';
  return isSized && measurement.size === 0 && (record.size_bytes ?? 0) === 0;
}

const LAST: readonly FindingCode[] = [
  'ARTIFACT_EMPTY',
  'ARTIFACT_RECORDED_INVALID',
  'ARTIFACT_CONTENT_INVALID',
];

/** One finding of a code; what concerns validation stands behind what concerns integrity. */
export function inOrder(findings: readonly (Finding | null)[]): Finding[] {
  const made = findings.filter((each) => each !== null);
  if (made.length < 2) return made;
  const byCode = new Map<FindingCode, Finding>();
  for (const each of made) if (!byCode.has(each.code)) byCode.set(each.code, each);
  return [...byCode.values()].toSorted((a, b) => LAST.indexOf(a.code) - LAST.indexOf(b.code));
}
