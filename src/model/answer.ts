/** What callers are answered: a run with what was found, or the reason why there is none. */

import type { GetBackupRunError, ListBackupRunsError, ValidateBackupRunError } from './errors.ts';
import type { Finding } from './findings.ts';
import type { BackupRun, Coverage } from './run.ts';

/** A run that could be read, with everything found wrong with it. */
export interface Inspected {
  /** There is a run. */
  ok: true;
  /** The run, with the verdicts of now. */
  run: BackupRun;
  /** The run's, then by participant and artifact in answer order, then unlisted files by path. */
  findings: Finding[];
  /** How far the verdicts reach. */
  coverage: Coverage;
}

/** Why there is no run to return. */
export interface Refused<E = GetBackupRunError> {
  /** There is no run. */
  ok: false;
  /** Why; narrows on `code`. */
  error: E;
}

/** What an inspection resolves to; narrows on `ok`. */
export type Answer = Inspected | Refused;

/** A run that can be restored: completed, no finding of severity error, every artifact verified. */
export interface Restorable {
  /** It is a restore point. */
  ok: true;
  /** The run, every artifact of which is good. */
  run: BackupRun;
  /** Is complete. */
  coverage: Coverage;
}

/** What a validation resolves to; narrows on `ok`. A run that cannot be restored is `BACKUP_RUN_NOT_RESTORABLE`. */
export type Validation = Restorable | Refused<ValidateBackupRunError>;

/** A run that a listing could read. */
export interface ReadableRun {
  /** It could be read. */
  ok: true;
  /** With `participants: []`, unless they were asked for. */
  run: BackupRun;
  /** Bytes that its artifacts claim together, null where not all of its manifests could be read; only where `sizes` were asked for. */
  size_bytes?: number | null;
}

/** What a listing could not read. */
export interface UnreadableRun {
  /** It could not be read. */
  ok: false;
  /** The run's name; `""` when it is the root or a status directory that could not be listed. */
  run_id: string;
  /** Where it stands, in the form of the run's `path`. */
  path: string;
  /** Why not; narrows on `code`. */
  error: ListBackupRunsError;
}

/** A run by its name, of which no manifest was read. */
export interface NamedRunRow {
  /** It could be listed. */
  ok: true;
  /** The run's id: the name of its directory. */
  run_id: string;
  /** Status directories in which something of this name stands, in look-up order. */
  directories: string[];
}

/** One row of a listing of run ids; narrows on `ok`. */
export type ListedRunId = NamedRunRow | UnreadableRun;

/** One row of a listing; narrows on `ok`. */
export type ListedRun = ReadableRun | UnreadableRun;
