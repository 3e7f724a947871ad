/** Judges the answer of an inspection in which calls failed: nothing is wrong with it if it tells the truth. */

import type { Answer, Artifact, Finding, Inspected } from '../../src/index.ts';

/** A call that failed. */
export interface Failed {
  readonly kind: 'open' | 'stat' | 'read' | 'opendir' | 'readdir' | 'close';
  /** From the root; `""` is the root. */
  readonly path: string;
}

export type Outcome =
  | { readonly ended: 'answer'; readonly answer: Answer }
  | { readonly ended: 'rejection'; readonly reason: string }
  | { readonly ended: 'never' };

export interface Disturbed {
  readonly errno: string;
  readonly failed: readonly Failed[];
  /** How many calls in a row were to fail. */
  readonly times: number;
  /** What is answered when nothing fails: a run that was found, with artifacts that are all good. */
  readonly baseline: Answer;
  readonly portable: boolean;
}

const TRANSIENT = ['EINTR', 'EAGAIN'];
const SHORTAGE = ['EMFILE', 'ENFILE'];

/** The few failures of an interrupted call that have to be survived. */
const FEW = 3;

export function complaintsAbout(outcome: Outcome, disturbed: Disturbed): string[] {
  if (outcome.ended === 'never') return ['it never ended'];
  if (outcome.ended === 'rejection') return [`it was rejected: ${outcome.reason}`];
  const { errno, failed, times, baseline } = disturbed;
  const { answer } = outcome;
  if (!baseline.ok) return ['the run could not be inspected in the first place'];
  const isSame = JSON.stringify(answer) === JSON.stringify(baseline);

  const changesNothing = failed.every(({ kind }) => kind === 'close');
  if (changesNothing || (TRANSIENT.includes(errno) && times <= FEW)) {
    return isSame ? [] : [`it should have changed nothing: ${summary(answer)}`];
  }
  if (SHORTAGE.includes(errno)) {
    return isSame || (!answer.ok && answer.error.code === 'BUSY') ? [] : [`not BUSY: ${summary(answer)}`];
  }
  if (isSame) return ['the fault is not told'];
  return answer.ok ? aboutRun(answer, baseline, disturbed) : aboutError(answer.error, disturbed);
}

function aboutError(
  error: (Answer & { ok: false })['error'],
  { errno, failed, portable }: Disturbed,
): string[] {
  if (error.code !== 'IO_ERROR') return [`no fault of the disk: ${error.code}`];
  const complaints = error.errno === errno ? [] : [`another errno: ${error.errno}`];
  const mayRefuse = failed.some(({ kind, path }) => kind !== 'close' && isOfTheRun(path, portable));
  if (!mayRefuse) complaints.push(`refused for a fault elsewhere, at ${error.path}`);
  const told = failed.some(({ path }) => error.path === inAnswer(path));
  if (!told && !portable) complaints.push(`another path: ${error.path}`);
  return complaints;
}

/** Whether it is the root, a status directory, the run directory or its manifest. */
function isOfTheRun(path: string, portable: boolean): boolean {
  const names = path === '' ? [] : path.split('/');
  return (
    names.length <= 2 ||
    (names.length === 3 && names[2] === 'manifest.json') ||
    (portable && names.length <= 3)
  );
}

/** A path from the root as answers say it. */
function inAnswer(path: string): string {
  return path === '' ? 'backups' : `backups/${path}`;
}

function aboutRun(answer: Inspected, baseline: Inspected, disturbed: Disturbed): string[] {
  const { errno, failed } = disturbed;
  const complaints: string[] = [];
  if (answer.coverage.complete) complaints.push('complete although a call failed');

  const before = new Set(baseline.findings.map((each) => JSON.stringify(each)));
  const fresh = answer.findings.filter((each) => !before.has(JSON.stringify(each)));
  if (fresh.length === 0) complaints.push('incomplete without a finding that says why');
  complaints.push(...fresh.flatMap((each) => aboutFinding(each, errno)));

  const told = failed
    .filter(({ kind }) => kind !== 'close')
    .some((each) => fresh.some((one) => tells(one, each)));
  if (!told && fresh.length > 0) {
    complaints.push(
      `no finding about what failed but ${fresh.map(({ code, path }) => `${code} ${path}`).join()}`,
    );
  }

  const artifacts = new Map(artifactsOf(answer).map((each) => [each.path, each]));
  for (const good of artifactsOf(baseline)) {
    const now = artifacts.get(good.path);
    if (now !== undefined) complaints.push(...aboutArtifact(now, good, fresh));
  }
  for (const each of answer.run.participants) {
    if (each.error === '' && !baseline.run.participants.some(({ name }) => name === each.name)) {
      complaints.push(`a participant from nowhere: ${each.name}`);
    }
  }
  return complaints;
}

function aboutFinding(finding: Finding, errno: string): string[] {
  switch (finding.code) {
    case 'ARTIFACT_UNREADABLE':
      return finding.actual === errno ? [] : [`unreadable for another reason: ${finding.actual}`];
    case 'PARTICIPANT_MANIFEST_INVALID':
      return String(finding.actual).includes(errno) ? [] : [`invalid for another reason: ${finding.actual}`];
    case 'ARTIFACT_UNLISTED':
      // What a participant claims whose manifest cannot be read is claimed by nobody.
      return [];
    default:
      return [`a false finding: ${finding.message}`];
  }
}

/** Whether a finding tells of the failed call: it is about the same entry, or about something below that directory. */
function tells(finding: Finding, { path }: Failed): boolean {
  const { path: about = '' } = finding;
  return about === inAnswer(path) || about.startsWith(`${inAnswer(path)}/`);
}

function artifactsOf(answer: Inspected): Artifact[] {
  return answer.run.participants.flatMap(({ artifacts }) => artifacts);
}

function aboutArtifact(now: Artifact, good: Artifact, fresh: readonly Finding[]): string[] {
  const isUnreadable = fresh.some(
    ({ code, artifact, path }) =>
      code === 'ARTIFACT_UNREADABLE' && artifact !== undefined && path === now.path,
  );
  if (!isUnreadable) {
    return JSON.stringify(now) === JSON.stringify(good) ? [] : [`${now.path} changed without a finding`];
  }
  const isBad =
    !now.integrity_ok && !now.validation_ok && now.integrity_error !== '' && now.validation_error !== '';
  return isBad ? [] : [`${now.path} is unreadable and yet a flag is true or without an error`];
}

function summary(answer: Answer): string {
  if (!answer.ok) return `${answer.error.code} ${'errno' in answer.error ? answer.error.errno : ''}`;
  const { findings, coverage } = answer;
  return `[${findings.map(({ code }) => code).join(' ')}] and ${coverage.complete ? 'complete' : 'incomplete'}`;
}
