/** The table of a run's participants and artifacts. */

import { printable } from '../../model/printable.ts';
import type { Artifact, Finding, Inspected, Participant } from '../../index.ts';
import { meaningOf } from './render-findings.ts';
import { size } from './quantities.ts';
import { fitted, line, titles, widthsOf, type Cell, type Column } from './table.ts';
import { NO_TIME } from '../args/times.ts';
import { SHORT_DIGEST, type View } from './view.ts';

const PART_COLUMNS: readonly Column[] = [
  { title: 'PARTICIPANT / ARTIFACT', align: 'left', atLeast: 8 },
  { title: 'SIZE', align: 'right' },
  { title: 'VERDICT', align: 'left', atLeast: 8 },
  { title: 'SHA-256', align: 'left', atLeast: 7 },
];

/** A table of participants and their artifacts. */
export function renderParts({ run, findings, coverage }: Inspected, { columns, paint }: View): string[] {
  if (run.participants.length === 0) return ['  no participants', ''];
  const verdicts = verdictsOf(findings);
  const isMeasured = coverage.level === 'digest';
  const rows = run.participants.flatMap((participant) => [
    participantRow(participant),
    ...participant.artifacts.map((artifact) =>
      artifactRow(
        artifact,
        verdicts.get(artifactKeyOf(participant.name, artifact.logical_name, artifact.path)),
        isMeasured,
      ),
    ),
  ]);
  const limit = columns === null ? null : Math.max(1, columns - 2);
  const widths = fitted(PART_COLUMNS, widthsOf(PART_COLUMNS, rows), limit);
  const lines = [
    titles(PART_COLUMNS, widths, paint),
    ...rows.map((row) => line(PART_COLUMNS, widths, row, paint)),
  ];
  return [...lines.map((each) => `  ${each}`), ''];
}

function participantRow({ name, critical, ok, status, error, artifacts }: Participant): Cell[] {
  const bytes = artifacts.reduce((sum, { size_bytes }) => sum + size_bytes, 0);
  const reason = error === '' ? '' : `: ${printable(error)}`;
  return [
    { text: `${printable(name)}${critical ? '' : ' (optional)'}`, meaning: 'strong' },
    { text: artifacts.length === 0 ? NO_TIME : size(bytes) },
    // As recorded; what its artifacts are now stands with them.
    { text: `${status}${reason}`, ...(!ok && { meaning: critical ? 'bad' : 'doubtful' }) },
  ];
}

function artifactRow(artifact: Artifact, verdict: ArtifactVerdict | undefined, isMeasured: boolean): Cell[] {
  const { logical_name, size_bytes, sha256 } = artifact;
  return [
    { text: `  ${printable(logical_name)}` },
    { text: size(size_bytes) },
    isGood(artifact) ? { text: isMeasured ? 'ok' : 'ok as recorded', meaning: 'good' } : (verdict ?? BAD),
    { text: sha256 === '' ? NO_TIME : sha256.slice(0, SHORT_DIGEST) },
  ];
}

function isGood({ integrity_ok, validation_ok }: Artifact): boolean {
  return integrity_ok && validation_ok;
}

type ArtifactVerdict = Required<Cell>;

/** Of an artifact whose finding was not kept. */
const BAD: ArtifactVerdict = { text: 'not ok', meaning: 'bad' };

function artifactKeyOf(participant: string, artifact: string, path: string): string {
  return JSON.stringify([participant, artifact, path]);
}

/** The verdict of each artifact that has findings: the code of the first one. */
function verdictsOf(findings: readonly Finding[]): Map<string, ArtifactVerdict> {
  const verdicts = new Map<string, ArtifactVerdict>();
  for (const { code, severity, participant, artifact, path } of findings) {
    if (participant === undefined || artifact === undefined) continue;
    const key = artifactKeyOf(participant, artifact, path ?? '');
    if (!verdicts.has(key)) verdicts.set(key, { text: wordsOf(code), meaning: meaningOf(severity) });
  }
  return verdicts;
}

function wordsOf(code: Finding['code']): string {
  return code.replace('ARTIFACT_', '').replaceAll('_', ' ').toLowerCase();
}
