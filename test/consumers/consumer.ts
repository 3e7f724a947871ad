// What a user writes, with the types of everything the package exports; only ever compiled, against the packed package.

import {
  createCommandHandler,
  createInspector,
  createMemo,
  getBackupRun,
  participantManifestSchema,
  RUN_STATUSES,
  runFilterSchema,
  runManifestSchema,
  type Answer,
  type BackupRunError,
  type Finding,
  type FindingCode,
  type GetBackupRunError,
  type Inspector,
  type InspectorOptions,
  type Memo,
  type ListedRun,
  type ParticipantManifest,
  type Progress,
  type Reply,
  type RunFilter,
  type RunFilterData,
  type RunManifest,
  type Validation,
} from 'backup-run-inspector';
import * as format from 'backup-run-inspector/format';
import * as v from 'valibot';

const memo: Memo = createMemo({ maxEntries: 10 });
const options: InspectorOptions = { root: '/srv/backups', threads: 2, memo, limits: { artifacts: 10 } };
const inspector: Inspector = createInspector(options);

export async function look(runId: string, signal: AbortSignal): Promise<string> {
  const onProgress = ({ bytesDone, bytesTotal }: Progress): number => bytesDone / bytesTotal;
  const answer: Answer = await inspector.getBackupRun(
    { run_id: runId },
    { level: 'size', signal, onProgress },
  );
  await inspector[Symbol.asyncDispose]();
  if (answer.ok)
    return answer.findings.map(sentence).join() + answer.run.participants[0]?.artifacts[0]?.sha256;
  return exhaustive(answer.error);
}

/** Of what getBackupRun can give, nothing is left. */
function exhaustive(error: GetBackupRunError): string {
  switch (error.code) {
    case 'INVALID_DATA':
    case 'BACKUP_RUN_NOT_FOUND':
    case 'BACKUP_RUN_AMBIGUOUS':
    case 'BACKUP_RUN_UNSAFE':
    case 'MANIFEST_MISSING':
    case 'MANIFEST_INVALID':
    case 'IO_ERROR':
    case 'BUSY':
    case 'UNSUPPORTED':
      return error.message;
    default:
      return error satisfies never;
  }
}

function sentence({ code, severity, expected, actual }: Finding): string {
  const isMissing: boolean = code === ('ARTIFACT_MISSING' satisfies FindingCode);
  return `${severity} ${isMissing} ${expected} ${actual}`;
}

/** An error narrows on its code. */
function reason(error: BackupRunError): string {
  switch (error.code) {
    case 'BACKUP_RUN_AMBIGUOUS':
      return error.paths.join();
    case 'MANIFEST_INVALID':
      return error.issues.map(({ path, message }) => path + message).join();
    case 'IO_ERROR':
      return error.errno + error.path;
    default:
      return error.message;
  }
}

export async function tell(filter: RunFilter, message: unknown): Promise<string[]> {
  const told: string[] = [];
  for await (const row of inspector.listBackupRuns(filter)) told.push(line(row));
  const validation: Validation = await inspector.validateBackupRun({ run_id: told[0] ?? '' });
  if (!validation.ok) told.push(reason(validation.error));
  const reply: Reply = await createCommandHandler(inspector)(message, { role: 'SESSION_ADMIN' });
  return [...told, 'error' in reply ? reply.description : JSON.stringify(reply)];
}

function line(row: ListedRun): string {
  return row.ok ? row.run.run_id : row.path + reason(row.error);
}

// The schemas are valibot's, and Standard Schemas.
const run: RunManifest = v.parse(runManifestSchema, {});
const participant: ParticipantManifest = v.parse(participantManifestSchema, {});
const validated = runManifestSchema['~standard'].validate({});
export const asked: RunFilterData = v.parse(runFilterSchema, { status: [...RUN_STATUSES] });
// As good as absent, also with exactOptionalPropertyTypes.
export const absent: InspectorOptions = { root: '/', memo: undefined, limits: { artifacts: undefined } };
export const made = [run.started_at, participant.artifacts[0]?.size_bytes, validated];

// @ts-expect-error: an unknown level is told at once.
export const wrong = getBackupRun({ run_id: '' }, { root: '', level: 'everything' });

// The format alone speaks of the same things.
const asFormat: format.BackupRun['status'] = format.RUN_STATUSES[0];
const askedOfFormat: format.RunFilterData = v.parse(format.runFilterSchema, { status: [asFormat] });
const same = (answer: Answer): format.Answer => answer;
export const told = [
  askedOfFormat.status,
  same,
  (sent: unknown) => format.isBackupRunError(sent) && reason(sent),
];
