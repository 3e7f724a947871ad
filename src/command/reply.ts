/** What a command is answered with: JSON-safe, the data flat beside the `extID` of its message. */

import type { CommandError } from '../model/errors.ts';
import type { BackupRun } from '../model/run.ts';

/** What every reply has: the `extID` of the message, when that is a string or a finite number. */
export interface ReplyBase {
  /** That of the message. */
  extID?: string | number;
}

/** The reply to a command that could not be carried out. */
export interface FailureReply extends ReplyBase {
  /** The code of the error. */
  error: CommandError['code'];
  /** The status of HTTP that says the same. */
  http_code: CommandError['httpCode'];
  /** The message of the error, for people. */
  description: string;
}

/** The reply to `GetBackupRun`: the run, flat. */
export interface RunReply extends ReplyBase, BackupRun {}

/** The reply to `ValidateBackupRun` when the run is a restore point. */
export interface ValidReply extends RunReply {
  /** It is a restore point. */
  ok: true;
}

/** An error as a reply without its envelope. */
export function failure({ code, httpCode, message }: CommandError): Omit<FailureReply, 'extID'> {
  return { error: code, http_code: httpCode, description: message };
}

/** A run of a listing that could not be read. */
export interface UnreadableRow extends Omit<FailureReply, 'extID'> {
  /** The run's name; `""` when it is the root or a status directory that could not be listed. */
  run_id: string;
  /** Where it stands, in the form of the run's `path`. */
  path: string;
}

/** The reply to `GetBackupRuns`. */
export interface RunsReply extends ReplyBase {
  /** Newest first. */
  rows: (BackupRun | UnreadableRow)[];
}

/** What a handler resolves to. JSON-safe. */
export type Reply = RunReply | ValidReply | RunsReply | FailureReply;
