/** The public surface of the library. */

export { createCommandHandler } from './command/handler.ts';
export type { CommandHandler, CommandOptions, CommandSession, MessageOptions } from './command/handler.ts';
export type {
  FailureReply,
  Reply,
  ReplyBase,
  RunReply,
  RunsReply,
  UnreadableRow,
  ValidReply,
} from './command/reply.ts';
export { createInspector, getBackupRun } from './inspector.ts';
export type { GetBackupRunOptions, Inspector } from './inspector.ts';
export type { InspectionLimits } from './model/limits.ts';
export type { InspectionOptions, InspectorOptions } from './inspect/options.ts';
export type { BackupRunRequest } from './inspect/request.ts';
export type { RunFilter, RunIdsOptions } from './listing/filter.ts';
export type {
  ArtifactRecord,
  ParticipantManifest,
  ParticipantRecord,
  RunManifest,
} from './manifest/format.ts';
export type {
  Answer,
  Inspected,
  ListedRun,
  ListedRunId,
  NamedRunRow,
  ReadableRun,
  Refused,
  Restorable,
  UnreadableRun,
  Validation,
} from './model/answer.ts';
export { participantManifestSchema, runManifestSchema } from './manifest/schemas.ts';
export { LEVELS, PARTICIPANT_STATUSES, RUN_STATUSES, RUN_TRIGGERS, RUN_TYPES } from './model/run.ts';
export type {
  Artifact,
  BackupRun,
  Coverage,
  Level,
  Participant,
  ParticipantStatus,
  RunStatus,
  RunTrigger,
  RunType,
} from './model/run.ts';
export { runFilterSchema } from './model/run-filter.ts';
export type { RunFilterData } from './model/run-filter.ts';
export { createMemo } from './verify/memo.ts';
export type { Memo, MemoOptions } from './verify/memo.ts';
export type { Progress } from './verify/progress.ts';
export type { Finding, FindingCode, Reason, ReasonCode, Severity } from './model/findings.ts';
export { isBackupRunError } from './model/errors.ts';
export type { ArtifactFile, ValidationContext, Validator, Verdict } from './content/validator.ts';
export type {
  AccessDenied,
  BackupRunAmbiguous,
  BackupRunError,
  BackupRunNotFound,
  BackupRunNotRestorable,
  BackupRunUnsafe,
  Busy,
  CommandError,
  GetBackupRunError,
  InvalidData,
  IoError,
  ListBackupRunsError,
  ManifestInvalid,
  ManifestIssue,
  ManifestMissing,
  UnknownCommand,
  Unsupported,
  ValidateBackupRunError,
} from './model/errors.ts';
