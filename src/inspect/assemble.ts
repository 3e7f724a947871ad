/**
 * Assembles the answer of an inspection: the run, its findings in order, and the coverage (pure). The order of findings: the run's,
 * then by participant and artifact as in the answer, then unlisted files. Within a participant's record it is made in
 * manifest/merge.ts, within an artifact in verify/judge.ts, of contents in content/apply-outcomes.ts, and of unlisted files in
 * unlisted-findings.ts.
 */

import type { Answer, Inspected } from '../model/answer.ts';
import { finding, type Finding } from '../model/findings.ts';
import type { LoadedRun } from '../jobs/protocol.ts';
import { participantContradictions, runContradictions } from '../manifest/contradictions.ts';
import type { ParticipantEntry } from '../manifest/merge.ts';
import { runOf } from '../manifest/run-of.ts';
import type { Coverage, Level, Participant } from '../model/run.ts';
import type { Judged } from '../verify/judge.ts';

/** What an inspection gathered. */
export interface Gathered {
  readonly loaded: LoadedRun;
  /** One for each artifact of each entry that has a record, in order. */
  readonly judged: readonly Judged[];
  /** About files that nobody claims, in order, as many as are kept. */
  readonly unlisted: readonly Finding[];
}

/** What an inspection counted. */
export interface Counted {
  readonly level: Level;
  readonly bytesRead: number;
  /** Findings about unlisted files, also those that are not kept. */
  readonly unlistedTotal: number;
  /** Whether everything in the run directory could be looked at. */
  readonly isComplete: boolean;
}

/** All findings are in the answer; `keepFindings` keeps some of them. */
export function assemble(gathered: Gathered, counted: Counted): Inspected {
  const { loaded, judged } = gathered;
  const { head, status, entries, artifactCounts } = loaded;
  const participants: Participant[] = [];
  const findings = aboutRun(loaded);
  let next = 0;
  for (const [index, entry] of entries.entries()) {
    findings.push(...entry.findings);
    if (entry.record === null) {
      if (status.status !== 'running' && entry.isNamed) participants.push(presumed(entry));
      continue;
    }
    const its = judged.slice(next, (next += artifactCounts[index] ?? 0));
    findings.push(...participantContradictions(head, entry.record));
    for (const each of its) findings.push(...each.findings);
    participants.push({ ...entry.record, artifacts: its.map((each) => each.artifact) });
  }
  const total = findings.length + counted.unlistedTotal;
  return {
    ok: true,
    run: runOf(loaded.run, head, status, participants),
    findings: findings.concat(gathered.unlisted),
    coverage: coverageOf(judged, total, counted),
  };
}

/** An answer with its first findings, at most as many as are kept. */
export function keepFindings(answer: Answer, most: number): Answer {
  return answer.ok ? { ...answer, findings: answer.findings.slice(0, most) } : answer;
}

function aboutRun({ run: { path, directory }, head, status, entries }: LoadedRun): Finding[] {
  const records = entries.flatMap((entry) => entry.record ?? []);
  const conflict = status.conflict
    ? [finding('STATUS_CONFLICT', { path, expected: head.status, actual: directory })]
    : [];
  return [...conflict, ...runContradictions(head, records, path)];
}

/** A participant the run should have, of which there is no usable record. */
function presumed({ name, findings }: ParticipantEntry): Participant {
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

function coverageOf(judged: readonly Judged[], findingsTotal: number, counted: Counted): Coverage {
  const verified = judged.filter((each) => each.isMeasured).length;
  const isValidated = !judged.some((each) => each.isSkipped);
  return {
    level: counted.level,
    artifacts: judged.length,
    verified,
    bytes: judged.reduce((sum, each) => sum + each.artifact.size_bytes, 0),
    bytesRead: counted.bytesRead,
    fromMemo: judged.filter((each) => each.isRemembered).length,
    complete: counted.level === 'digest' && verified === judged.length && isValidated && counted.isComplete,
    findingsTotal,
  };
}
