/** Reads a JSON value as the record of one run or of one participant, or reports the places where it is none. */

import type { ManifestIssue } from '../model/errors.ts';
import type { ArtifactRecord, ParticipantRecord } from './format.ts';
import {
  artifactSchema,
  belongingSchema,
  nameSchema,
  parse,
  participantHeadSchema,
  participantListSchema,
  runHeadSchema,
  versionSchema,
  type Parsed,
  type RunHead,
} from './schemas.ts';
import { describe } from '../model/printable.ts';

/** A run manifest: an item of `listed` is a name, or a record that stands inside the manifest. */
export interface RunRecord {
  readonly head: RunHead;
  readonly listed: readonly (string | ParticipantRecord)[];
}

type Path = readonly (string | number)[];

const ENOUGH_ISSUES = 20;

/** Reads a run manifest as the one of this run. */
export function interpretRun(value: unknown, runId: string, mostParticipants: number): Parsed<RunRecord> {
  const version = parse(versionSchema, value);
  if (!version.ok) return version;
  for (const key of ['requested_participants', 'participants']) {
    const excess = tooMany(mostParticipants, 'participants', arrayAt(value, key).length);
    if (excess !== null) return unusableAt(key, excess);
  }
  const head = parse(runHeadSchema, value);
  const list = parse(participantListSchema, value);
  const issues: ManifestIssue[] = [head, list].flatMap((part) => (part.ok ? [] : part.issues));
  const listed: (string | ParticipantRecord)[] = [];
  for (const [index, item] of arrayAt(value, 'participants').entries()) {
    if (issues.length >= ENOUGH_ISSUES) break;
    const parsed = interpretItem(item, ['participants', index]);
    if (parsed.ok) listed.push(parsed.value);
    else issues.push(...parsed.issues);
  }
  if (!head.ok || issues.length > 0) return { ok: false, issues };
  if (head.value.run_id !== runId) return unusableAt('run_id', differs(runId, head.value.run_id));
  return { ok: true, value: { head: head.value, listed } };
}

function interpretItem(item: unknown, at: Path): Parsed<string | ParticipantRecord> {
  if (typeof item === 'string') return parse(nameSchema, item, at);
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    return unusableAt(at.join('.'), `expected a name or a participant, found ${describe(item)}`);
  }
  return interpretParticipant(item, at);
}

/** Reads a participant manifest as the one of this participant of this run. */
export function interpretParticipantFile(
  value: unknown,
  runId: string,
  name: string,
): Parsed<ParticipantRecord> {
  const version = parse(versionSchema, value);
  if (!version.ok) return version;
  const belonging = parse(belongingSchema, value);
  if (!belonging.ok) return belonging;
  const { run_id: itsRun = runId } = belonging.value;
  if (itsRun !== runId) return unusableAt('run_id', differs(runId, itsRun));
  const record = interpretParticipant(value, []);
  if (record.ok && record.value.name !== name) return unusableAt('name', differs(name, record.value.name));
  return record;
}

function interpretParticipant(value: unknown, at: Path): Parsed<ParticipantRecord> {
  const head = parse(participantHeadSchema, value, at);
  const issues: ManifestIssue[] = head.ok ? [] : [...head.issues];
  const artifacts: ArtifactRecord[] = [];
  for (const [index, item] of arrayAt(value, 'artifacts').entries()) {
    if (issues.length >= ENOUGH_ISSUES) break;
    const parsed = parse(artifactSchema, item, [...at, 'artifacts', index]);
    if (parsed.ok) artifacts.push(parsed.value);
    else issues.push(...parsed.issues);
  }
  return head.ok && issues.length === 0
    ? { ok: true, value: { ...head.value, artifacts } }
    : { ok: false, issues };
}

/** What is over a limit, as the words of an issue, or null. */
export function tooMany(limit: number, what: string, found: number): string | null {
  return found > limit ? `expected at most ${limit} ${what}, found ${found}` : null;
}

function arrayAt(value: unknown, key: string): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const items: unknown = Reflect.get(value, key);
  return Array.isArray(items) ? items : [];
}

function differs(expected: string, found: string): string {
  return `expected ${describe(expected)}, found ${describe(found)}`;
}

function unusableAt(path: string, message: string): Parsed<never> {
  return { ok: false, issues: [{ path, message }] };
}
