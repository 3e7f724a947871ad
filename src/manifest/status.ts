/** Judges the status of a run by where it stands and by what its manifest says (pure). */

import type { RunStatus } from '../model/run.ts';
import { STATUS_DIRECTORIES, statusOf, type StatusDirectory } from '../repository/layout.ts';

export interface JudgedStatus {
  readonly status: RunStatus;
  /** Whether directory and manifest disagree. */
  readonly conflict: boolean;
}

/** On conflict the answer is never `completed`: it is the one that is not, else the directory's. */
export function judgeStatus(directory: StatusDirectory, recorded: RunStatus): JudgedStatus {
  const allowed: readonly RunStatus[] = STATUS_DIRECTORIES[directory];
  if (allowed.includes(recorded)) return { status: recorded, conflict: false };
  const status = statusOf(directory);
  return { status: status === 'completed' ? recorded : status, conflict: true };
}
