/** The parts of an inspection come in, the answer goes out: the run, its findings in order, and the coverage (pure). */

import type { Answer, Inspected } from './answer.ts';
import { finding, type Finding } from './findings.ts';
import { participantContradictions, runContradictions } from './manifest/contradictions.ts';
import type { LoadedRun } from './manifest/load.ts';
import type { Place } from './manifest/merge.ts';
import type { RunHead } from './manifest/schemas.ts';
import type { JudgedStatus } from './manifest/status.ts';
import type { BackupRun, Coverage, Level, Participant } from './model.ts';
import type { Located } from './store/resolve.ts';
import type { Judged } from './verify/judge.ts';

/** What an inspection gathered. */
export interface Gathered {
  readonly located: Located;
  readonly loaded: LoadedRun;
  readonly judgedStatus: JudgedStatus;
  readonly places: readonly Place[];
  /** One for each artifact of each place that has a record, in order. */
  readonly judged: readonly Judged[];
  /** About files that nobody claims, in order, as many as are kept. */
  readonly stray: readonly Finding[];
}

/** What an inspection counted. */
export interface Counted {
  readonly level: Level;
  readonly bytesRead: number;
  /** Findings about stray files, also those that are not kept. */
  readonly strayTotal: number;
  /** Whether everything in the run directory could be looked at. */
  readonly wholly: boolean;
}

/** All findings are in the answer; `keepFindings` keeps some of them. */
export function assemble(gathered: Gathered, counted: Counted): Inspected {
  const { located, loaded, judgedStatus, places, judged } = gathered;
  const participants: Participant[] = [];
  const findings = aboutRun(gathered);
  let next = 0;
  for (const place of places) {
    findings.push(...place.findings);
    if (place.record === null) {
      if (judgedStatus.status !== 'running' && place.isNamed) participants.push(presumed(place));
      continue;
    }
    const { artifacts: claimed, ...record } = place.record;
    const its = judged.slice(next, next + claimed.length);
    next += claimed.length;
    findings.push(...participantContradictions(loaded.head, place.record));
    for (const each of its) findings.push(...each.findings);
    participants.push({ ...record, artifacts: its.map((each) => each.artifact) });
  }
  const total = findings.length + counted.strayTotal;
  return {
    ok: true,
    run: runOf(located, loaded.head, judgedStatus, participants),
    findings: findings.concat(gathered.stray),
    coverage: coverageOf(judged, total, counted),
  };
}

/** An answer with its first findings, at most so many. */
export function keepFindings(answer: Answer, most: number): Answer {
  return answer.ok ? { ...answer, findings: answer.findings.slice(0, most) } : answer;
}

function aboutRun({ located, loaded, judgedStatus, places }: Gathered): Finding[] {
  const { path, directory } = located;
  const records = places.flatMap((place) => place.record ?? []);
  const conflict = judgedStatus.conflict
    ? [finding('STATUS_CONFLICT', { path, expected: loaded.head.status, actual: directory })]
    : [];
  return [...conflict, ...runContradictions(loaded.head, records, path)];
}

/** A participant the run should have, of which there is no usable record. */
function presumed({ name, findings }: Place): Participant {
  return {
    name,
    critical: true,
    ok: false,
    status: 'failed',
    started_at: 0,
    finished_at: 0,
    error: findings[0]?.message ?? '',
    artifacts: [],
  };
}

/** The run as callers see it. */
export function runOf(
  { runId, path }: Located,
  head: RunHead,
  { status }: JudgedStatus,
  participants: Participant[],
): BackupRun {
  return {
    run_id: runId,
    type: head.type,
    trigger: head.trigger,
    status,
    path,
    started_at: head.started_at,
    finished_at: head.finished_at,
    error_summary: head.error_summary,
    requested_participants: [...head.requested_participants],
    participants,
  };
}

function coverageOf(judged: readonly Judged[], findingsTotal: number, counted: Counted): Coverage {
  const verified = judged.filter((each) => each.isMeasured).length;
  const isValidated = !judged.some((each) => each.isLeftOut);
  return {
    level: counted.level,
    artifacts: judged.length,
    verified,
    bytes: judged.reduce((sum, each) => sum + each.artifact.size_bytes, 0),
    bytesRead: counted.bytesRead,
    fromMemo: judged.filter((each) => each.isRemembered).length,
    complete: counted.level === 'digest' && verified === judged.length && isValidated && counted.wholly,
    findingsTotal,
  };
}
