/** The run of an answer, made of its record and of where it stands (pure). */

import type { BackupRun, Participant } from '../model/run.ts';
import type { JudgedStatus } from './status.ts';
import type { RunHead } from './schemas.ts';

export function runOf(
  { runId, path }: { readonly runId: string; readonly path: string },
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
