import { getEventListeners } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createInspector,
  type Answer,
  type InspectionOptions,
  type Inspector,
  type InspectorOptions,
  type Reason,
  type Validation,
  type Validator,
  type BackupRunRequest,
} from '../../src/index.ts';
import { beingRead, letGo } from '../support/descriptors.ts';
import { CASES, SPEC_ROOT, SPEC_RUN_ID } from '../support/fixtures.ts';
import { makeLargeRun } from '../support/large-run.ts';
import { artifactRecord, makeRun, RUN_ID, tradesRecord, type MadeRun } from '../support/runs.ts';
import { splitOptions } from '../support/options.ts';
import { SPEC_RUN } from '../support/spec.ts';

const request = { run_id: RUN_ID };

/** An inspector that is closed when the test ends. */
function inspectorOf(options: InspectorOptions): Inspector {
  const inspector = createInspector(options);
  onTestFinished(() => inspector.close());
  return inspector;
}

/** What both questions about one run are answered. */
async function both(
  root: string,
  asked: unknown = request,
  options: InspectionOptions & Partial<InspectorOptions> = {},
): Promise<{ readonly answer: Answer; readonly validation: Validation }> {
  const { own, call } = splitOptions(options);
  const inspector = inspectorOf({ root, threads: 0, ...own });
  const answer = await inspector.getBackupRun(asked as BackupRunRequest, call);
  return { answer, validation: await inspector.validateBackupRun(asked as BackupRunRequest, call) };
}

function reasonsOf(validation: Validation): Reason[] {
  if (validation.ok || validation.error.code !== 'BACKUP_RUN_NOT_RESTORABLE')
    throw new Error(`expected BACKUP_RUN_NOT_RESTORABLE, found ${JSON.stringify(validation)}`);
  return validation.error.reasons;
}

const codesOf = (validation: Validation): string[] => reasonsOf(validation).map(({ code }) => code);

/** What section 7 of the format makes of an answer: completed, no finding of severity error, coverage complete. */
function expectedCodes({ run, findings, coverage }: Extract<Answer, { ok: true }>): string[] {
  return [
    ...(run.status === 'completed' ? [] : ['RUN_NOT_COMPLETED']),
    ...(coverage.complete ? [] : ['RUN_NOT_VERIFIED']),
    ...findings.filter(({ severity }) => severity === 'error').map(({ code }) => code),
  ];
}

describe('validateBackupRun()', () => {
  it.each(CASES.map((each) => [each.name, each] as const))('judges %s by what was found', async (_, each) => {
    const { answer, validation } = await both(each.root, each.request, each.options);
    if (!each.answer.ok) {
      expect(validation).toEqual({ ok: false, error: each.answer.error });
      expect(validation).toEqual(answer);
      return;
    }
    if (!answer.ok) throw new Error(answer.error.message);
    const { run, coverage } = each.answer;
    const codes = expectedCodes(each.answer);
    if (codes.length === 0) {
      expect(validation).toEqual({ ok: true, run, coverage });
      return;
    }
    expect(validation).toEqual({
      ok: false,
      error: {
        code: 'BACKUP_RUN_NOT_RESTORABLE',
        httpCode: 409,
        message: expect.stringMatching(/^Cannot restore /),
        run,
        reasons: expect.any(Array),
      },
    });
    expect(codesOf(validation)).toEqual(codes);
    const findings = reasonsOf(validation).filter(({ code }) => !code.startsWith('RUN_NOT_'));
    expect(findings).toEqual(each.answer.findings.filter(({ severity }) => severity === 'error'));
    expect(JSON.parse(JSON.stringify(validation))).toEqual(validation);
  });

  it('knows restore points and others among the fixtures', () => {
    const kinds = CASES.flatMap(({ answer }) => (answer.ok ? expectedCodes(answer).length > 0 : []));
    expect(new Set(kinds).size).toBe(2);
    const codes = new Set(CASES.flatMap(({ answer }) => (answer.ok ? expectedCodes(answer) : [])));
    expect([...codes]).toEqual(expect.arrayContaining(['RUN_NOT_COMPLETED', 'RUN_NOT_VERIFIED']));
  });

  it('answers with the run and its coverage alone when it is a restore point', async () => {
    const validation = await inspectorOf({ root: SPEC_ROOT }).validateBackupRun({ run_id: SPEC_RUN_ID });
    const counts = { artifacts: 1, verified: 1, bytes: 1_048_576, bytesRead: 1_048_576, fromMemo: 0 };
    const coverage = { level: 'digest', ...counts, complete: true, findingsTotal: 0 };
    expect(validation).toEqual({ ok: true, run: SPEC_RUN, coverage });
  });

  it('takes no warning for a reason', async () => {
    const run = makeRun();
    writeFileSync(run.at('unlisted'), '');
    const { answer, validation } = await both(run.root);
    expect(answer).toMatchObject({
      ok: true,
      findings: [{ code: 'ARTIFACT_UNLISTED', severity: 'warning' }],
    });
    expect(validation).toMatchObject({ ok: true, coverage: { complete: true, findingsTotal: 1 } });
  });

  it.each([
    ['failed', 'failed'],
    ['partial', 'partial'],
    ['cancelled', 'cancelled'],
    ['timeout', 'timeout'],
    ['.running', 'running'],
  ])('says that a run in %s is not completed, with both statuses', async (directory, status) => {
    const finished = status === 'running' ? { finished_at: 0 } : {};
    const optional = { critical: false, ok: false, status: 'failed' };
    const { root } = makeRun({
      directory,
      manifest: { status, ...finished },
      trades: status === 'partial' ? optional : {},
    });
    const { validation } = await both(root);
    expect(reasonsOf(validation)).toEqual([
      {
        code: 'RUN_NOT_COMPLETED',
        severity: 'error',
        message: expect.stringMatching(/^"/),
        path: `backups/${directory}/${RUN_ID}`,
        expected: 'completed',
        actual: status,
      },
    ]);
  });

  it('takes the status of a conflict that is not completed', async () => {
    const { root } = makeRun({ manifest: { status: 'failed' } });
    expect(codesOf((await both(root)).validation)).toEqual(['RUN_NOT_COMPLETED', 'STATUS_CONFLICT']);
  });

  const NOT_VERIFIED = {
    code: 'RUN_NOT_VERIFIED',
    severity: 'error',
    message: expect.stringContaining('not verified'),
    path: `backups/completed/${RUN_ID}`,
  };

  it.each(['size', 'none'] as const)('calls nothing verified at level %s', async (level) => {
    const { validation } = await both(makeRun().root, request, { level });
    expect(reasonsOf(validation)).toEqual([NOT_VERIFIED]);
  });

  it('calls nothing verified at level none, also without artifacts', async () => {
    const { root } = makeRun({ artifacts: {} });
    expect(reasonsOf((await both(root, request, { level: 'none' })).validation)).toEqual([NOT_VERIFIED]);
    expect((await both(root)).validation).toHaveProperty('ok', true);
  });

  it('says what left something unverified first: the artifact and why', async () => {
    const run = makeRun({ artifacts: { 'a.db': 'a', 'b.db': 'b' } });
    const skipping: Validator = {
      name: 'skipping',
      applies: ({ logical_name }) => logical_name === 'b.db',
      validate: () => Promise.resolve({ skipped: true, why: 'it has no engine' }),
    };
    const { validation } = await both(run.root, request, { validators: [skipping] });
    const about = `"backups/completed/${RUN_ID}" is not verified: `;
    expect(reasonsOf(validation).map(({ message }) => message)).toEqual([
      `${about}"b.db": validator "skipping" says: it has no engine`,
    ]);
  });

  it('says first why a claim says too little, whatever else there is', async () => {
    const artifacts = [artifactRecord('a.db', 'a'), { logical_name: 'b.db' }, { logical_name: '../c.db' }];
    const run = makeRun({ artifacts: { 'a.db': 'a' }, trades: { artifacts } });
    writeFileSync(run.at('b.db'), 'b');
    const { validation } = await both(run.root);
    expect(reasonsOf(validation)[0]?.message).toBe(
      `"backups/completed/${RUN_ID}" is not verified: 1 of 3 artifacts were verified; "b.db": its record should have size_bytes, found nothing`,
    );
  });

  it('is BUSY when there was no time to look for the run', async () => {
    const { root } = makeRun({ artifacts: { 'a.db': 'a'.repeat(1e6), 'b.db': 'b'.repeat(1e6) } });
    const { answer, validation } = await both(root, request, { timeBudgetMs: 0 });
    expect(answer).toMatchObject({ ok: false, error: { code: 'BUSY' } });
    expect(validation).toEqual(answer);
  });

  it('gives all reasons at once, in their order', async () => {
    const run = makeRun({
      directory: 'failed',
      manifest: { status: 'failed', finished_at: 0 },
      artifacts: { 'a.db': 'aaa', 'b.db': 'bbb' },
    });
    appendFileSync(run.at('a.db'), 'a');
    writeFileSync(run.at('b.db'), 'ccc');
    writeFileSync(run.at('unlisted'), '');
    const { answer, validation } = await both(run.root);
    expect(codesOf(validation)).toEqual([
      'RUN_NOT_COMPLETED',
      'RUN_INCONSISTENT',
      'ARTIFACT_SIZE_MISMATCH',
      'ARTIFACT_DIGEST_MISMATCH',
    ]);
    expect(validation).toMatchObject({ error: { run: answer.ok && answer.run } });
  });
});

describe('validateBackupRun() with a limit of findings', () => {
  /** A run with warnings only, or with an error behind them. */
  function makeNoisy(isDamaged: boolean): MadeRun {
    const participants = { trades: 'trades', extra: 'extra', last: 'last' };
    const run = makeRun({
      manifest: {
        type: 'scoped',
        requested_participants: ['trades'],
        participants: Object.keys(participants),
      },
    });
    for (const name of ['extra', 'last']) {
      writeFileSync(run.at(`${name}.db`), name);
      const record = tradesRecord({ [`${name}.db`]: name }, { name });
      writeFileSync(run.at('participants', `${name}.json`), JSON.stringify(record));
    }
    if (isDamaged) writeFileSync(run.at('last.db'), 'tsal');
    return run;
  }

  it.each([0, 1, 2, 1_000])('of %i never calls a damaged run a restore point', async (findings) => {
    const { root } = makeNoisy(true);
    const { answer, validation } = await both(root, request, { limits: { findings } });
    expect(answer).toMatchObject({ ok: true, coverage: { findingsTotal: 3 } });
    expect(answer.ok && answer.findings.length).toBe(Math.min(findings, 3));
    expect(codesOf(validation)).toEqual(['ARTIFACT_DIGEST_MISMATCH']);
  });

  it.each([0, 1, 1_000])('of %i calls a run with warnings alone a restore point', async (findings) => {
    const { root } = makeNoisy(false);
    const { validation } = await both(root, request, { limits: { findings } });
    expect(validation).toMatchObject({ ok: true, coverage: { complete: true, findingsTotal: 2 } });
  });

  it('of 0 still says something of every kind of damage', async () => {
    for (const { name, root, request: asked, options, answer } of CASES) {
      if (!answer.ok || options !== undefined || expectedCodes(answer).length === 0) continue;
      const inspector = createInspector({ root, threads: 0, limits: { findings: 0 } });
      const validation = await inspector.validateBackupRun(asked as BackupRunRequest);
      await inspector.close();
      expect(reasonsOf(validation).length, name).toBeGreaterThan(0);
    }
  });
});

describe('validateBackupRun() as getBackupRun()', () => {
  it.each([null, {}, [RUN_ID], { run_id: 1 }])('refuses the request %j', async (asked) => {
    const { answer, validation } = await both(makeRun().root, asked);
    expect(validation).toEqual(answer);
    expect(validation).toMatchObject({ ok: false, error: { code: 'INVALID_DATA', httpCode: 400 } });
  });

  it('answers errors as they are', async () => {
    const { root, path } = makeRun();
    const inspector = inspectorOf({ root });
    const missing = await inspector.validateBackupRun({ run_id: 'none' });
    expect(missing).toMatchObject({ ok: false, error: { code: 'BACKUP_RUN_NOT_FOUND' } });
    writeFileSync(join(path, 'manifest.json'), '{');
    expect(await inspector.validateBackupRun(request)).toEqual(await inspector.getBackupRun(request));
  });

  it('tells its progress and rejects when that throws', async () => {
    const inspector = inspectorOf({ root: makeRun().root });
    const told: number[] = [];
    const onProgress = ({ artifactsDone }: { artifactsDone: number }): void => void told.push(artifactsDone);
    expect(await inspector.validateBackupRun(request, { onProgress })).toHaveProperty('ok', true);
    expect(told.at(-1)).toBe(1);
    const thrown = new Error('enough');
    const validating = inspector.validateBackupRun(request, {
      onProgress: () => {
        throw thrown;
      },
    });
    await expect(validating).rejects.toBe(thrown);
  });

  it('rejects with the reason of its signal, and holds nothing then', async () => {
    const run = makeLargeRun();
    const inspector = inspectorOf({ root: run.root });
    const controller = new AbortController();
    const { signal } = controller;
    const settling = Promise.allSettled([inspector.validateBackupRun(request, { signal })]);
    await beingRead(run.at('trades.db'));
    controller.abort('enough');
    expect(await settling).toEqual([{ status: 'rejected', reason: 'enough' }]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await letGo(run.root);
  });

  it('rejects with a TypeError for wrong options, and when it is closed', async () => {
    const inspector = inspectorOf({ root: makeRun().root });
    const wrong = { level: 'deep' } as unknown as InspectionOptions;
    await expect(inspector.validateBackupRun(request, wrong)).rejects.toThrow(TypeError);
    await inspector.close();
    await expect(inspector.validateBackupRun(request)).rejects.toThrow(TypeError);
  });
});
