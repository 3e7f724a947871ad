/**
 * The format alone: schemas and types of what daemons write and hosts are answered, and the guard of errors. It opens nothing and needs
 * nothing of Node, so that a browser can have it too.
 */

export type {
  ArtifactRecord,
  ParticipantManifest,
  ParticipantRecord,
  RunManifest,
} from './manifest/format.ts';
export { participantManifestSchema, runManifestSchema } from './manifest/schemas.ts';
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
export { isBackupRunError } from './model/errors.ts';
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
export type { Finding, FindingCode, Reason, ReasonCode, Severity } from './model/findings.ts';
export { runFilterSchema } from './model/run-filter.ts';
export type { RunFilterData } from './model/run-filter.ts';
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
