/** The public surface of the library: the format, and what inspects runs of it. */

export * from './format.ts';
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
export type { ArtifactFile, ValidationContext, Validator, Verdict } from './content/validator.ts';
export type { InspectionOptions, InspectorOptions } from './inspect/options.ts';
export type { BackupRunRequest } from './inspect/request.ts';
export { createInspector, getBackupRun } from './inspector.ts';
export type { GetBackupRunOptions, Inspector } from './inspector.ts';
export type { RunFilter, RunIdsOptions } from './listing/filter.ts';
export type { InspectionLimits } from './model/limits.ts';
export { createMemo } from './verify/memo.ts';
export type { Memo, MemoOptions } from './verify/memo.ts';
export type { Progress } from './verify/progress.ts';
