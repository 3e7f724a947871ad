/** The public surface of the library. */

export { createInspector, getBackupRun } from './inspector.ts';
export type { GetBackupRunOptions, Inspector } from './inspector.ts';
export type { InspectionLimits, InspectionOptions, InspectorOptions } from './request.ts';
export { participantManifestSchema, runManifestSchema } from './manifest/schemas.ts';
export type {
  Answer,
  Artifact,
  BackupRun,
  Coverage,
  Inspected,
  Level,
  Participant,
  ParticipantStatus,
  Refused,
  RunStatus,
  RunTrigger,
  RunType,
} from './model.ts';
export { createMemo } from './verify/memo.ts';
export type { Memo, MemoOptions } from './verify/memo.ts';
export type { Progress } from './verify/progress.ts';
export type { Finding, FindingCode, Severity } from './findings.ts';
export type {
  BackupRunAmbiguous,
  BackupRunError,
  BackupRunNotFound,
  BackupRunUnsafe,
  Busy,
  InvalidData,
  IoError,
  ManifestInvalid,
  ManifestIssue,
  ManifestMissing,
} from './errors.ts';
