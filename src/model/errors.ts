/** Why there is no run to return: every code once, with its HTTP status and its sentence, as plain objects (pure). */

import type { Reason } from './findings.ts';
import type { BackupRun } from './run.ts';
import { printable, quote } from './printable.ts';

/** One place where a manifest breaks its schema. */
export interface ManifestIssue {
  /** Dotted path into the manifest, for example `participants.0.name`; `""` for the whole of it. */
  path: string;
  /** What was expected there, and what was found; for people. */
  message: string;
}

/** What every error has. The codes and `httpCode` are API; the messages are for people. */
interface ErrorOf<Code extends string, HttpCode extends number> {
  /** Which error it is. */
  code: Code;
  /** The status of HTTP that says the same. */
  httpCode: HttpCode;
  /** A sentence for people, which may change. */
  message: string;
}

/** The request has no `run_id`, or one that is not a string. */
export type InvalidData = ErrorOf<'INVALID_DATA', 400>;

/** The session has no role that may ask. */
export type AccessDenied = ErrorOf<'ACCESS_DENIED', 403>;

/** There is no such command. */
export type UnknownCommand = ErrorOf<'UNKNOWN_COMMAND', 404>;

/** No status directory holds the run, or its name could not be one, or it was deleted while it was inspected. */
export type BackupRunNotFound = ErrorOf<'BACKUP_RUN_NOT_FOUND', 404>;

/** Two different directories hold the run. */
export interface BackupRunAmbiguous extends ErrorOf<'BACKUP_RUN_AMBIGUOUS', 409> {
  /** Both places, in look-up order. */
  paths: string[];
}

/** The run could be read, but is no restore point. Of `validateBackupRun` only. */
export interface BackupRunNotRestorable extends ErrorOf<'BACKUP_RUN_NOT_RESTORABLE', 409> {
  /** The run as it was read. */
  run: BackupRun;
  /** Never empty: `RUN_NOT_COMPLETED` and `RUN_NOT_VERIFIED` first, then the findings of severity error in their order. */
  reasons: Reason[];
}

/**
 * What stands under the run's name is no directory, or its `manifest.json` is no regular file; in lists also a directory that holds a
 * run manifest, but whose name can be no run id.
 */
export interface BackupRunUnsafe extends ErrorOf<'BACKUP_RUN_UNSAFE', 500> {
  /** Where it stands, in the form of the run's `path`. */
  path: string;
}

/** The run directory has no `manifest.json`. */
export interface ManifestMissing extends ErrorOf<'MANIFEST_MISSING', 500> {
  /** Where it should be, in the form of the run's `path`. */
  path: string;
}

/** The run manifest is not UTF-8, not JSON, not of our schema, of another version or run, over a limit, or never stable. */
export interface ManifestInvalid extends ErrorOf<'MANIFEST_INVALID', 500> {
  /** The manifest's, in the form of the run's `path`. */
  path: string;
  /** At most 20, in the manifest's order. */
  issues: ManifestIssue[];
}

/** The root, the run or its manifest cannot be read, or stalled. */
export interface IoError extends ErrorOf<'IO_ERROR', 500> {
  /** The name of the errno, for example `EACCES`; `ETIMEDOUT` when storage stalled. */
  errno: string;
  /** What could not be read, in the form of the run's `path`. */
  path: string;
}

/**
 * Out of file descriptors, or of threads lost to hung storage, or a thread crashed twice; or the time budget was over before all
 * manifests were read, or a list was whole. Worth a retry.
 */
export type Busy = ErrorOf<'BUSY', 503>;

/** What was asked for cannot be had here for good: a retry changes nothing. */
export interface Unsupported extends ErrorOf<'UNSUPPORTED', 500> {
  /** What is lacking, for example `room in a reply`. */
  lacks: string;
}

/** Why a row of a listing has no run; narrows on `code`. */
export type ListBackupRunsError =
  BackupRunAmbiguous | BackupRunUnsafe | ManifestMissing | ManifestInvalid | IoError | Busy | Unsupported;

/** Why `getBackupRun` has no run; narrows on `code`. */
export type GetBackupRunError = InvalidData | BackupRunNotFound | ListBackupRunsError;

/** Why `validateBackupRun` has no restore point; narrows on `code`. */
export type ValidateBackupRunError = GetBackupRunError | BackupRunNotRestorable;

/** Why a command could not be carried out; narrows on `code`. */
export type CommandError = ValidateBackupRunError | AccessDenied | UnknownCommand;

/** Every error of the library; narrows on `code`. */
export type BackupRunError = CommandError;

type HttpCodes = { readonly [E in BackupRunError as E['code']]: E['httpCode'] };

const HTTP_CODES: HttpCodes = {
  INVALID_DATA: 400,
  ACCESS_DENIED: 403,
  UNKNOWN_COMMAND: 404,
  BACKUP_RUN_NOT_FOUND: 404,
  BACKUP_RUN_AMBIGUOUS: 409,
  BACKUP_RUN_NOT_RESTORABLE: 409,
  BACKUP_RUN_UNSAFE: 500,
  MANIFEST_MISSING: 500,
  MANIFEST_INVALID: 500,
  IO_ERROR: 500,
  BUSY: 503,
  UNSUPPORTED: 500,
};

/** Whether a value is an error of this library, also one that was sent as JSON, or made by another build of it. */
export function isBackupRunError(value: unknown): value is BackupRunError {
  try {
    if (typeof value !== 'object' || value === null) return false;
    const { code, httpCode, message }: Partial<Record<keyof BackupRunError, unknown>> = value;
    return (
      typeof code === 'string' &&
      typeof message === 'string' &&
      Object.hasOwn(HTTP_CODES, code) &&
      Reflect.get(HTTP_CODES, code) === httpCode
    );
  } catch {
    // A getter or a proxy threw: an error of ours has neither.
    return false;
  }
}

/** Whether an error can stand in a row of a listing: what is not found is no row. */
export function isRowError(error: GetBackupRunError): error is ListBackupRunsError {
  return error.code !== 'INVALID_DATA' && error.code !== 'BACKUP_RUN_NOT_FOUND';
}

const MOST_ISSUES = 20;

export function invalidData(reason: string): InvalidData {
  const message = `Cannot inspect a backup run: ${reason}`;
  return { code: 'INVALID_DATA', httpCode: 400, message };
}

/** Data of a command that is not what it takes. */
export function invalidFilter(where: string, reason: string): InvalidData {
  const message = `Cannot list backup runs: ${printable(where)}: ${printable(reason)}`;
  return { code: 'INVALID_DATA', httpCode: 400, message };
}

export function accessDenied(roles: readonly string[]): AccessDenied {
  const message = `Cannot run the command: expected a session with the role ${roles.join(' or ')}`;
  return { code: 'ACCESS_DENIED', httpCode: 403, message };
}

export function unknownCommand(commands: readonly string[], found: string): UnknownCommand {
  const message = `Cannot run the command: expected ${commands.join(', ')}, found ${found}`;
  return { code: 'UNKNOWN_COMMAND', httpCode: 404, message };
}

export function notFound(runId: string): BackupRunNotFound {
  const message = `Cannot find backup run ${quote(runId)}: no status directory holds it`;
  return { code: 'BACKUP_RUN_NOT_FOUND', httpCode: 404, message };
}

export function ambiguous(runId: string, paths: readonly string[]): BackupRunAmbiguous {
  const message = `Cannot choose backup run ${quote(runId)}: it stands in ${paths.map(quote).join(' and ')}`;
  return { code: 'BACKUP_RUN_AMBIGUOUS', httpCode: 409, message, paths: [...paths] };
}

export function notRestorable(run: BackupRun, reasons: Reason[]): BackupRunNotRestorable {
  const [first] = reasons;
  const more = reasons.length > 1 ? `, and ${reasons.length - 1} more` : '';
  const message = `Cannot restore backup run ${quote(run.run_id)}: ${first?.message ?? 'it is not verified'}${more}`;
  return { code: 'BACKUP_RUN_NOT_RESTORABLE', httpCode: 409, message, run, reasons };
}

export function unsafe(path: string, expected: string, found: string): BackupRunUnsafe {
  const message = `Cannot trust ${quote(path)}: expected a ${expected}, found a ${found}`;
  return { code: 'BACKUP_RUN_UNSAFE', httpCode: 500, message, path };
}

export function manifestMissing(path: string): ManifestMissing {
  const message = `Cannot inspect the run: ${quote(path)} is not there`;
  return { code: 'MANIFEST_MISSING', httpCode: 500, message, path };
}

export function manifestInvalid(path: string, issues: readonly ManifestIssue[]): ManifestInvalid {
  const [first] = issues;
  const reason = first === undefined ? 'it is invalid' : sentenceOf(first) + moreThanOne(issues.length);
  return {
    code: 'MANIFEST_INVALID',
    httpCode: 500,
    message: `Cannot use the manifest ${quote(path)}: ${reason}`,
    path,
    issues: issues.slice(0, MOST_ISSUES),
  };
}

/** How many issues there are beside the first. Whoever reads a manifest stops when there are as many as are kept. */
export function moreThanOne(issues: number): string {
  if (issues < 2) return '';
  const least = issues < MOST_ISSUES ? '' : 'at least ';
  return `, and ${least}${issues - 1} more ${issues === 2 ? 'issue' : 'issues'}`;
}

/** An issue as a part of a sentence. */
export function sentenceOf(issue: ManifestIssue): string {
  return issue.path === '' ? issue.message : `${printable(issue.path)}: ${issue.message}`;
}

export function ioError(path: string, errno: string): IoError {
  const message = `Cannot read ${quote(path)}: ${errno}`;
  return { code: 'IO_ERROR', httpCode: 500, message, errno, path };
}

export function busy(why: string): Busy {
  return { code: 'BUSY', httpCode: 503, message: `Cannot inspect a backup run now: ${why}` };
}

/** `help` says what would help. */
export function unsupported(lacks: string, help: string): Unsupported {
  const message = `Cannot do that for want of ${lacks}: ${help}`;
  return { code: 'UNSUPPORTED', httpCode: 500, message, lacks };
}

/** Carries an error out of the depth of an inspection to the one place that turns it into an answer. */
export class Refusal extends Error {
  readonly error: GetBackupRunError;

  constructor(error: GetBackupRunError) {
    super(error.message);
    this.name = 'Refusal';
    this.error = error;
  }
}
