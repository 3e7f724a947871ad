import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  createCommandHandler,
  createInspector,
  createMemo,
  getBackupRun,
  isBackupRunError,
  LEVELS,
  PARTICIPANT_STATUSES,
  RUN_STATUSES,
  RUN_TRIGGERS,
  RUN_TYPES,
  type AccessDenied,
  type Answer,
  type Artifact,
  type BackupRun,
  type BackupRunRequest,
  type BackupRunError,
  type CommandHandler,
  type Coverage,
  type FailureReply,
  type Finding,
  type GetBackupRunError,
  type Inspector,
  type ListBackupRunsError,
  type ListedRun,
  type ListedRunId,
  type ManifestIssue,
  type Participant,
  type Reason,
  type Reply,
  type RunFilter,
  type RunFilterData,
  type UnreadableRow,
  type ValidateBackupRunError,
  type Validation,
} from '../src/index.ts';

// What these functions say is checked by the compiler alone: they are never called.

/** The answer narrows on `ok`. */
function ofAnswer(answer: Answer): void {
  if (answer.ok) {
    expectTypeOf(answer.run).toEqualTypeOf<BackupRun>();
    expectTypeOf(answer.findings).toEqualTypeOf<Finding[]>();
    expectTypeOf(answer.coverage).toEqualTypeOf<Coverage>();
    // @ts-expect-error -- there is no error beside a run
    void answer.error;
  } else {
    expectTypeOf(answer.error).toEqualTypeOf<GetBackupRunError>();
    // @ts-expect-error -- there is no run beside an error
    void answer.run;
  }
}

/** The verdict about a restore point narrows on `ok`, then on the code. */
function ofValidation(validation: Validation): void {
  if (validation.ok) {
    expectTypeOf(validation.run).toEqualTypeOf<BackupRun>();
    expectTypeOf(validation.coverage).toEqualTypeOf<Coverage>();
    // @ts-expect-error -- a restore point is told without findings
    void validation.findings;
  } else if (validation.error.code === 'BACKUP_RUN_NOT_RESTORABLE') {
    expectTypeOf(validation.error.run).toEqualTypeOf<BackupRun>();
    expectTypeOf(validation.error.reasons).toEqualTypeOf<Reason[]>();
    expectTypeOf(validation.error.httpCode).toEqualTypeOf<409>();
    expectTypeOf<'RUN_NOT_COMPLETED' | 'RUN_NOT_VERIFIED' | 'ARTIFACT_MISSING'>().toExtend<Reason['code']>();
  } else {
    // @ts-expect-error -- no other error has reasons
    void validation.error.reasons;
  }
}

/** A row narrows on `ok`. */
function ofRow(row: ListedRun): void {
  if (row.ok) expectTypeOf(row.run).toEqualTypeOf<BackupRun>();
  else {
    expectTypeOf(row.run_id).toBeString();
    expectTypeOf(row.path).toBeString();
    expectTypeOf(row.error).toEqualTypeOf<ListBackupRunsError>();
  }
}

/** Errors narrow on `code`, and a switch over all codes leaves nothing. */
function ofError(error: BackupRunError): number {
  switch (error.code) {
    case 'INVALID_DATA':
      return error.httpCode satisfies 400;
    case 'ACCESS_DENIED':
      expectTypeOf(error).toEqualTypeOf<AccessDenied>();
      return error.httpCode satisfies 403;
    case 'UNKNOWN_COMMAND':
    case 'BACKUP_RUN_NOT_FOUND':
      return error.httpCode satisfies 404;
    case 'BACKUP_RUN_AMBIGUOUS':
      expectTypeOf(error.paths).toEqualTypeOf<string[]>();
      return error.httpCode satisfies 409;
    case 'BACKUP_RUN_NOT_RESTORABLE':
      expectTypeOf(error.reasons).toEqualTypeOf<Reason[]>();
      return error.httpCode satisfies 409;
    case 'MANIFEST_INVALID':
      expectTypeOf(error.issues).toEqualTypeOf<ManifestIssue[]>();
      return error.httpCode satisfies 500;
    case 'IO_ERROR':
      expectTypeOf(error.errno).toBeString();
      return error.httpCode satisfies 500;
    case 'BACKUP_RUN_UNSAFE':
    case 'MANIFEST_MISSING':
      expectTypeOf(error.path).toBeString();
      return error.httpCode satisfies 500;
    case 'BUSY':
      return error.httpCode satisfies 503;
    case 'UNSUPPORTED':
      expectTypeOf(error.lacks).toBeString();
      return error.httpCode satisfies 500;
    default:
      return error satisfies never;
  }
}

/** Each function names only the codes that it can give. */
function ofCodes(): void {
  expectTypeOf<Exclude<BackupRunError['code'], GetBackupRunError['code']>>().toEqualTypeOf<
    'ACCESS_DENIED' | 'UNKNOWN_COMMAND' | 'BACKUP_RUN_NOT_RESTORABLE'
  >();
  expectTypeOf<
    Exclude<ValidateBackupRunError['code'], GetBackupRunError['code']>
  >().toEqualTypeOf<'BACKUP_RUN_NOT_RESTORABLE'>();
  expectTypeOf<Exclude<GetBackupRunError['code'], ListBackupRunsError['code']>>().toEqualTypeOf<
    'INVALID_DATA' | 'BACKUP_RUN_NOT_FOUND'
  >();
}

/** What a function can give is all that has to be thought of: these switches leave nothing, and name nothing that cannot be. */
function ofExhaustiveSwitches(answer: Answer, validation: Validation, row: ListedRun): string {
  if (!answer.ok)
    switch (answer.error.code) {
      case 'INVALID_DATA':
      case 'BACKUP_RUN_NOT_FOUND':
      case 'BACKUP_RUN_AMBIGUOUS':
      case 'BACKUP_RUN_UNSAFE':
      case 'MANIFEST_MISSING':
      case 'MANIFEST_INVALID':
      case 'IO_ERROR':
      case 'BUSY':
      case 'UNSUPPORTED':
        return answer.error.message;
      // @ts-expect-error -- of handlers only
      case 'ACCESS_DENIED':
      // @ts-expect-error -- of validations only
      case 'BACKUP_RUN_NOT_RESTORABLE':
      default:
        return answer.error satisfies never;
    }
  if (!validation.ok)
    switch (validation.error.code) {
      case 'INVALID_DATA':
      case 'BACKUP_RUN_NOT_FOUND':
      case 'BACKUP_RUN_AMBIGUOUS':
      case 'BACKUP_RUN_NOT_RESTORABLE':
      case 'BACKUP_RUN_UNSAFE':
      case 'MANIFEST_MISSING':
      case 'MANIFEST_INVALID':
      case 'IO_ERROR':
      case 'BUSY':
      case 'UNSUPPORTED':
        return validation.error.message;
      default:
        return validation.error satisfies never;
    }
  if (!row.ok)
    switch (row.error.code) {
      case 'BACKUP_RUN_AMBIGUOUS':
      case 'BACKUP_RUN_UNSAFE':
      case 'MANIFEST_MISSING':
      case 'MANIFEST_INVALID':
      case 'IO_ERROR':
      case 'BUSY':
      case 'UNSUPPORTED':
        return row.error.message;
      default:
        return row.error satisfies never;
    }
  return '';
}

/** `undefined` is as good as absent, also where the compiler tells them apart. */
async function ofUndefined(inspector: Inspector): Promise<void> {
  createInspector({
    root: '/',
    threads: undefined,
    maxBytesPerSecond: undefined,
    memo: undefined,
    stallTimeoutMs: undefined,
    validators: undefined,
    limits: { artifacts: undefined, runBytes: undefined },
  });
  createInspector({ root: '/', limits: undefined });
  const call = { level: undefined, signal: undefined, timeBudgetMs: undefined, onProgress: undefined };
  await inspector.getBackupRun({ run_id: 'x' }, call);
  await getBackupRun({ run_id: 'x' }, { root: '/', ...call });
  inspector.listBackupRuns({
    status: undefined,
    type: undefined,
    trigger: undefined,
    startedFrom: undefined,
    startedTo: undefined,
    limit: undefined,
    participants: undefined,
    sizes: undefined,
    signal: undefined,
  });
  inspector.listRunIds({ signal: undefined });
  createMemo({ maxEntries: undefined, maxAgeMs: undefined });
  await createCommandHandler(inspector, { timeBudgetMs: undefined })({}, {}, { signal: undefined });
  expectTypeOf<{ started_from: undefined; status: undefined }>().toExtend<RunFilterData>();
}

/** The words that the library checks with are those of the types. */
function ofWords(): void {
  expectTypeOf<(typeof RUN_STATUSES)[number]>().toEqualTypeOf<BackupRun['status']>();
  expectTypeOf<(typeof RUN_TRIGGERS)[number]>().toEqualTypeOf<BackupRun['trigger']>();
  expectTypeOf<(typeof RUN_TYPES)[number]>().toEqualTypeOf<BackupRun['type']>();
  expectTypeOf<(typeof PARTICIPANT_STATUSES)[number]>().toEqualTypeOf<Participant['status']>();
  expectTypeOf<(typeof LEVELS)[number]>().toEqualTypeOf<Coverage['level']>();
}

/** A reply narrows by what only one kind of it has. */
function ofReply(reply: Reply): void {
  expectTypeOf(reply.extID).toEqualTypeOf<string | number | undefined>();
  if ('error' in reply) {
    expectTypeOf(reply).toEqualTypeOf<FailureReply>();
    expectTypeOf(reply.error).toEqualTypeOf<BackupRunError['code']>();
    expectTypeOf(reply.http_code).toEqualTypeOf<400 | 403 | 404 | 409 | 500 | 503>();
    expectTypeOf(reply.description).toBeString();
  } else if ('rows' in reply) {
    for (const row of reply.rows) {
      if ('error' in row) expectTypeOf(row).toEqualTypeOf<UnreadableRow>();
      else expectTypeOf(row).toEqualTypeOf<BackupRun>();
    }
  } else {
    expectTypeOf(reply).toExtend<BackupRun>();
    if ('ok' in reply) expectTypeOf(reply.ok).toEqualTypeOf<true>();
  }
}

/** What is known of something unknown. */
function ofUnknown(thing: unknown): void {
  if (isBackupRunError(thing)) expectTypeOf(thing).toEqualTypeOf<BackupRunError>();
}

/** What can be asked. */
async function ofCalls(inspector: Inspector): Promise<void> {
  expectTypeOf(await getBackupRun({ run_id: 'x' }, { root: '/', level: 'size' })).toEqualTypeOf<Answer>();
  expectTypeOf(await inspector.getBackupRun({ run_id: 'x' })).toEqualTypeOf<Answer>();
  expectTypeOf(await inspector.validateBackupRun({ run_id: 'x' })).toEqualTypeOf<Validation>();
  const filter = {
    status: ['failed', 'partial'],
    type: ['full'],
    trigger: ['cron'],
    limit: 3,
  } as const satisfies RunFilter;
  for await (const row of inspector.listBackupRuns(filter)) expectTypeOf(row).toEqualTypeOf<ListedRun>();
  expectTypeOf(inspector.listBackupRuns()).toExtend<AsyncIterableIterator<ListedRun>>();
  for await (const row of inspector.listRunIds()) {
    expectTypeOf(row).toEqualTypeOf<ListedRunId>();
    if (row.ok) expectTypeOf(row.directories).toEqualTypeOf<string[]>();
    else expectTypeOf(row.error).toEqualTypeOf<ListBackupRunsError>();
  }
  expectTypeOf<Parameters<Inspector['getBackupRun']>[0]>().toEqualTypeOf<BackupRunRequest>();
  // @ts-expect-error -- a request names a run
  void inspector.getBackupRun({ runId: 'x' });
  // @ts-expect-error -- by a text
  void inspector.validateBackupRun({ run_id: 1 });
  void inspector.getBackupRun({ run_id: 'x' }, { onProgress: async () => undefined });
  // @ts-expect-error -- no such status
  inspector.listBackupRuns({ status: ['done'] });
  // @ts-expect-error -- a list of them
  inspector.listBackupRuns({ type: 'full' });
  // @ts-expect-error -- no such level
  void inspector.validateBackupRun({ run_id: 'x' }, { level: 'deep' });
  // @ts-expect-error -- the root is required
  createInspector({});
  const handle = createCommandHandler(inspector, { timeBudgetMs: 25_000 });
  expectTypeOf(handle).toEqualTypeOf<CommandHandler>();
  expectTypeOf(
    await handle('anything', { role: 1 }, { signal: AbortSignal.timeout(1) }),
  ).toEqualTypeOf<Reply>();
}

describe('the types', () => {
  it('are checked by the compiler', () => {
    const checked = [ofAnswer, ofValidation, ofRow, ofError, ofCodes, ofReply, ofUnknown, ofCalls];
    checked.push(ofExhaustiveSwitches as never, ofUndefined, ofWords);
    for (const check of checked) expect(check).toBeTypeOf('function');
  });

  it('have their words as values', () => {
    expect([RUN_TYPES, PARTICIPANT_STATUSES]).toEqual([
      ['full', 'scoped'],
      ['completed', 'failed'],
    ]);
    expect(RUN_STATUSES).toEqual(['running', 'completed', 'failed', 'partial', 'cancelled', 'timeout']);
    expect(RUN_TRIGGERS).toEqual(['manual', 'cron', 'pre_update', 'shutdown']);
    expect(LEVELS).toEqual(['digest', 'size', 'none']);
  });

  it('are those of the spec', () => {
    expectTypeOf<keyof BackupRun>().toEqualTypeOf<
      | 'run_id'
      | 'type'
      | 'trigger'
      | 'status'
      | 'path'
      | 'started_at'
      | 'finished_at'
      | 'error_summary'
      | 'requested_participants'
      | 'participants'
    >();
    expectTypeOf<keyof Participant>().toEqualTypeOf<
      'name' | 'critical' | 'ok' | 'status' | 'started_at' | 'finished_at' | 'error' | 'artifacts'
    >();
    expectTypeOf<keyof Artifact>().toEqualTypeOf<
      | 'logical_name'
      | 'path'
      | 'size_bytes'
      | 'sha256'
      | 'integrity_ok'
      | 'integrity_error'
      | 'validation_ok'
      | 'validation_error'
    >();
  });
});
