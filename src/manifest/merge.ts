/** Merges everything a run's manifests say into one entry a participant, in answer order (pure). */

import { finding, type Finding } from '../model/findings.ts';
import { artifactNames, participantManifest } from '../repository/layout.ts';
import type { ParticipantRecord } from './format.ts';
import type { RunRecord } from './interpret.ts';

/** What stands in a participant's file. */
export type FileRecord =
  | { readonly type: 'record'; readonly value: ParticipantRecord }
  | { readonly type: 'broken'; readonly reason: string }
  | { readonly type: 'absent' };

/** What is merged: the run manifest, and the participants' files by name. */
export interface MergedRecords extends RunRecord {
  readonly files: ReadonlyMap<string, FileRecord>;
}

/** A participant of the answer. */
export interface ParticipantEntry {
  readonly name: string;
  /** What it recorded, or null when there is no usable record. */
  readonly record: ParticipantRecord | null;
  /** Whether the run says that it belongs here, as a file that nobody named does not. */
  readonly isNamed: boolean;
  /** About the record itself. */
  readonly findings: readonly Finding[];
}

/** Merges inline records and files. `path` is the run's; in a running run a record may simply not be there yet. */
export function mergeParticipants(
  loaded: MergedRecords,
  path: string,
  isRunning: boolean,
): ParticipantEntry[] {
  const { listed, files } = loaded;
  const requested = new Set(loaded.head.requested_participants);
  const inline = new Map<string, ParticipantRecord | null>();
  const times = new Map<string, number>();
  for (const item of listed) {
    const name = typeof item === 'string' ? item : item.name;
    times.set(name, (times.get(name) ?? 0) + 1);
    if (!inline.has(name)) inline.set(name, typeof item === 'string' ? null : item);
  }
  const merelyRequested = [...requested].filter((name) => !inline.has(name) && !hasRecord(files.get(name)));
  const last = new Set(merelyRequested);
  const unlisted = [...files.keys()]
    .filter((name) => !inline.has(name) && !last.has(name))
    .toSorted(byCodeUnit);

  return [...inline.keys(), ...unlisted, ...merelyRequested].map((name): ParticipantEntry => {
    const file = files.get(name) ?? ABSENT;
    const written = inline.get(name) ?? null;
    const record = file.type === 'record' ? file.value : written;
    const isNamed = inline.has(name) || requested.has(name);
    const facts = { participant: name, path: `${path}/${participantManifest(name).join('/')}` };
    const findings: Finding[] = [];
    if (file.type === 'broken') {
      findings.push(finding('PARTICIPANT_MANIFEST_INVALID', { ...facts, actual: file.reason }));
    } else if (record === null && isNamed && !isRunning) findings.push(finding('PARTICIPANT_MISSING', facts));
    const count = times.get(name) ?? 0;
    if (count > 1) {
      findings.push(finding('PARTICIPANT_DUPLICATE', { participant: name, expected: 1, actual: count }));
    }
    if (file.type === 'record' && written !== null) {
      const differing = differences(file.value, written, loaded.head.run_id);
      if (differing !== '') findings.push(finding('PARTICIPANT_CONFLICT', { ...facts, actual: differing }));
    }
    if (record !== null && loaded.head.type === 'scoped' && !requested.has(name)) {
      findings.push(finding('PARTICIPANT_UNREQUESTED', { participant: name }));
    }
    return { name, record, isNamed, findings };
  });
}

const ABSENT: FileRecord = { type: 'absent' };

function hasRecord(file: FileRecord | undefined): boolean {
  return file?.type === 'record';
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

const FIELDS = [
  'name',
  'critical',
  'ok',
  'status',
  'started_at',
  'finished_at',
  'error',
  'artifacts',
] as const satisfies readonly (keyof ParticipantRecord)[];

/** The fields in which two records of one participant differ. */
function differences(a: ParticipantRecord, b: ParticipantRecord, runId: string): string {
  const [left, right] = [comparable(a, runId), comparable(b, runId)];
  return FIELDS.filter((field) => JSON.stringify(left[field]) !== JSON.stringify(right[field])).join(', ');
}

/** The record with everything in one shape that may be written in several: the schema has put the keys in order. */
function comparable(record: ParticipantRecord, runId: string): ParticipantRecord {
  const artifacts = record.artifacts.map((artifact) => {
    const { path = artifact.logical_name, sha256 } = artifact;
    const shape = { ...artifact, path: artifactNames(path, runId)?.join('/') ?? path };
    return sha256 === undefined ? shape : { ...shape, sha256: sha256.toLowerCase() };
  });
  return { ...record, artifacts };
}
