/** What callers are answered: a run with what was found, or the reason why there is none. */

import type { BackupRunError } from './errors.ts';
import type { Finding } from './findings.ts';
import type { BackupRun, Coverage } from './run.ts';

/** A run that could be read, with everything found wrong with it. */
export interface Inspected {
  ok: true;
  run: BackupRun;
  /** The run's, then by participant and artifact in answer order, then unlisted files by path. */
  findings: Finding[];
  coverage: Coverage;
}

/** Why there is no run to return. */
export interface Refused {
  ok: false;
  error: BackupRunError;
}

/** What an inspection resolves to; narrows on `ok`. */
export type Answer = Inspected | Refused;

/** A run that can be restored: completed, no finding of severity error, every artifact verified. */
export interface Restorable {
  ok: true;
  run: BackupRun;
  coverage: Coverage;
}

/** What a validation resolves to; narrows on `ok`. A run that cannot be restored is `BACKUP_RUN_NOT_RESTORABLE`. */
export type Validation = Restorable | Refused;

/** A run that a listing could read. */
export interface ReadableRun {
  ok: true;
  /** With `participants: []`, unless they were asked for. */
  run: BackupRun;
}

/** What a listing could not read. */
export interface UnreadableRun {
  ok: false;
  /** The run's name; `""` when it is the root or a status directory that could not be listed. */
  run_id: string;
  /** Where it stands, in the form of the run's `path`. */
  path: string;
  error: BackupRunError;
}

/** One row of a listing; narrows on `ok`. */
export type ListedRun = ReadableRun | UnreadableRun;
