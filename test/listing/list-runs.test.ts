import fc from 'fast-check';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createInspector, type Inspector, type InspectorOptions, type ListedRun } from '../../src/index.ts';
import { CASES, SPEC_ROOT } from '../support/fixtures.ts';
import { runChild } from '../support/built.ts';
import type { ListInput } from '../support/children/list.ts';
import { collect, expectedOrder, idOf, idsOf, realId, type Known } from '../support/listed.ts';
import { lacks, tell } from '../support/needs.ts';
import { makeRun, runManifest, temporaryDirectory, tradesRecord, type RunToMake } from '../support/runs.ts';
import { SPEC_ROW, SPEC_RUN } from '../support/spec.ts';
import { openedPath, parseTrace } from '../support/traced.ts';

const HOUR = 3_600;
const BASE = 1_782_727_845;

/** An inspector that is closed when the test ends. */
function inspectorOf(root: string, options: Omit<InspectorOptions, 'root'> = {}): Inspector {
  const inspector = createInspector({ root, ...options });
  onTestFinished(() => inspector.close());
  return inspector;
}

function makeRoot(): string {
  const root = join(temporaryDirectory(), 'backups');
  mkdirSync(root);
  return root;
}

function makeRuns(root: string, started: Readonly<Record<string, number>>, more: RunToMake = {}): void {
  for (const [runId, at] of Object.entries(started))
    makeRun({ ...more, root, runId, manifest: { started_at: at, finished_at: at + 1, ...more.manifest } });
}

/** A run directory with a manifest alone; one that is no JSON, if it did not start. */
function makeSmall(root: string, { runId, startedAt }: Known): void {
  const path = join(root, 'completed', runId);
  mkdirSync(path, { recursive: true });
  const manifest = runManifest({ run_id: runId, started_at: startedAt, participants: [] });
  writeFileSync(join(path, 'manifest.json'), startedAt === null ? '{' : JSON.stringify(manifest));
}

const errorRow = (runId: string, path: string, error: object): ListedRun =>
  ({ ok: false, run_id: runId, path, error: expect.objectContaining(error) as unknown }) as ListedRun;

describe('listBackupRuns()', () => {
  it('lists the run of the spec, without and with its participants', async () => {
    const inspector = inspectorOf(SPEC_ROOT);
    expect(await collect(inspector.listBackupRuns())).toEqual([{ ok: true, run: SPEC_ROW }]);
    const whole = await collect(inspector.listBackupRuns({ participants: true }));
    expect(whole).toEqual([{ ok: true, run: SPEC_RUN }]);
    expect(JSON.stringify(whole.map((row) => row.ok && row.run))).toBe(JSON.stringify([SPEC_RUN]));
  });

  it('gives a row to what holds a manifest under a name that can be no run id, and to nothing else of such a name', async () => {
    const root = makeRoot();
    for (const runId of ['20260629T12:10:45+02:00', 'a..b', '.a', 'lost+found', 'final.'])
      makeSmall(root, { runId, startedAt: 10 });
    mkdirSync(join(root, 'completed', 'empty dir'));
    writeFileSync(join(root, 'completed', 'a file'), 'no run');
    symlinkSync('a..b', join(root, 'completed', 'a link'));
    for (const threads of [0, 1]) {
      const rows = await collect(inspectorOf(root, { threads }).listBackupRuns({ status: ['failed'] }));
      const unsafe = { code: 'BACKUP_RUN_UNSAFE', httpCode: 500 };
      expect(rows).toEqual([
        errorRow('final.', 'backups/completed/final.', { ...unsafe, path: 'backups/completed/final.' }),
        errorRow('a..b', 'backups/completed/a..b', { ...unsafe, path: 'backups/completed/a..b' }),
      ]);
      const read = await collect(inspectorOf(root, { threads }).listBackupRuns());
      expect(read.filter(({ ok }) => ok).map(idOf)).toEqual(['20260629T12:10:45+02:00']);
    }
  });

  it('tells the bytes that runs claim where sizes are asked for, with and without participants', async () => {
    const root = makeRoot();
    makeRun({ root, runId: 'a', artifacts: { 'a.db': 'four', 'b.db': 'seven77' } });
    const broken = makeRun({ root, runId: 'b' });
    writeFileSync(broken.at('participants/trades.json'), '{');
    const inline = makeRun({
      root,
      runId: 'c',
      manifest: { participants: [tradesRecord({ 'x.db': 'abc' })] },
    });
    rmSync(inline.at('participants'), { recursive: true });
    makeRun({ root, runId: 'd', trades: { artifacts: [{ logical_name: 'no size' }] } });
    for (const [threads, participants] of [0, 1].flatMap((each) =>
      [false, true].map((also) => [each, also] as const),
    )) {
      const rows = await collect(
        inspectorOf(root, { threads }).listBackupRuns({ sizes: true, participants }),
      );
      const sizes = rows.map((row) => [idOf(row), row.ok && row.size_bytes]);
      expect(sizes).toEqual([
        ['d', 0],
        ['c', 3],
        ['b', null],
        ['a', 11],
      ]);
      expect(rows.every((row) => row.ok && row.run.participants.length > 0 === participants)).toBe(true);
    }
    const plain = await collect(inspectorOf(root).listBackupRuns());
    expect(plain.some((row) => 'size_bytes' in row)).toBe(false);
  });

  it('lists newest first, ties by run id descending', async () => {
    const root = makeRoot();
    makeRuns(root, { a: 30, b: 10, c: 20, d: 20, e: 20, Z: 20, '9': 20, '10': 20 });
    expect(await idsOf(inspectorOf(root).listBackupRuns())).toEqual([
      'a',
      'e',
      'd',
      'c',
      'Z',
      '9',
      '10',
      'b',
    ]);
  });

  it('lists runs of every status directory', async () => {
    const root = makeRoot();
    const places = [
      ['.running', 'running'],
      ['running', 'running'],
      ['completed', 'completed'],
      ['completed', 'partial'],
      ['failed', 'failed'],
      ['failed', 'partial'],
      ['failed', 'cancelled'],
      ['failed', 'timeout'],
      ['partial', 'partial'],
      ['cancelled', 'cancelled'],
      ['timeout', 'timeout'],
    ];
    for (const [index, [directory = '', status]] of places.entries()) {
      const manifest = {
        started_at: 100 - index,
        status,
        ...(status === 'running' ? { finished_at: 0 } : {}),
      };
      makeRun({ root, runId: `run-${index}`, directory, manifest });
    }
    const rows = await collect(inspectorOf(root).listBackupRuns());
    expect(rows.map((row) => row.ok && [row.run.path, row.run.status])).toEqual(
      places.map(([directory, status], index) => [`backups/${directory}/run-${index}`, status]),
    );
  });

  it('ignores names that no run may have, and what is in no status directory', async () => {
    const root = makeRoot();
    makeRuns(root, { good: 1 });
    const names = [
      '.hidden',
      '-x',
      '_x',
      'con',
      'NUL.txt',
      'com1',
      'a..b',
      'end.',
      'a b',
      'ä',
      'x'.repeat(129),
      'a\nb',
    ];
    for (const name of names) mkdirSync(join(root, 'completed', name));
    writeFileSync(join(root, 'completed', '.tmp'), '');
    makeRuns(root, { elsewhere: 2 }, { directory: 'archive' });
    makeRuns(root, { upper: 2 }, { directory: 'Completed' });
    makeRun({ root: join(root, 'completed', 'good'), directory: 'completed', runId: 'inside' });
    expect(await idsOf(inspectorOf(root).listBackupRuns())).toEqual(['good']);
  });

  it('lists nothing of a root without runs', async () => {
    const root = makeRoot();
    expect(await collect(inspectorOf(root).listBackupRuns())).toEqual([]);
    mkdirSync(join(root, 'completed'));
    expect(await collect(inspectorOf(root).listBackupRuns({ limit: 5 }))).toEqual([]);
  });

  it('passes every filter with a run that cannot be read, which does not count in `limit`', async () => {
    const root = makeRoot();
    makeRuns(root, { a: 10, c: 30, e: 20 });
    for (const runId of ['b', 'd', 'f']) makeSmall(root, { runId, startedAt: null });
    const inspector = inspectorOf(root);
    // By start: c, e, a. f has no smaller id before c, d none before c, b none before a.
    expect(await idsOf(inspector.listBackupRuns())).toEqual(['f', 'd', 'c', 'e', 'b', 'a']);
    expect(await idsOf(inspector.listBackupRuns({ limit: 2 }))).toEqual(['f', 'd', 'c', 'e']);
    expect(await idsOf(inspector.listBackupRuns({ limit: 1 }))).toEqual(['f', 'd', 'c']);
    const none = { status: ['failed'], type: ['scoped'], trigger: ['shutdown'], startedFrom: 1_000 } as const;
    expect(await idsOf(inspector.listBackupRuns(none))).toEqual(['f', 'd', 'b']);
    expect(await idsOf(inspector.listBackupRuns({ ...none, limit: 2 }))).toEqual(['f', 'd', 'b']);
    expect(await idsOf(inspector.listBackupRuns({ startedTo: 10 }))).toEqual(['f', 'd', 'b', 'a']);
    // Without c, which is not listed, none but a is smaller than d.
    expect(await idsOf(inspector.listBackupRuns({ startedTo: 20 }))).toEqual(['f', 'e', 'd', 'b', 'a']);
  });

  it('has a row with an error for what is no run, and all others', async () => {
    const root = makeRoot();
    makeRuns(root, { good: 10, twice: 11, target: 12 });
    makeRuns(root, { twice: 11 }, { directory: 'failed', manifest: { status: 'failed' } });
    writeFileSync(join(root, 'completed', 'file'), '');
    symlinkSync('target', join(root, 'completed', 'link'));
    symlinkSync('nowhere', join(root, 'completed', 'dangling'));
    mkdirSync(join(root, 'completed', 'empty'));
    makeSmall(root, { runId: 'broken', startedAt: null });
    makeRuns(root, { other: 5 });
    writeFileSync(
      join(root, 'completed/other/manifest.json'),
      JSON.stringify(runManifest({ run_id: 'another' })),
    );
    makeRuns(root, { version: 5 }, { manifest: { backup_format_version: 2 } });
    makeRuns(root, { manifest: 5 });
    rmSync(join(root, 'completed/manifest/manifest.json'));
    symlinkSync('/etc/hostname', join(root, 'completed/manifest/manifest.json'));
    const at = (name: string): string => `backups/completed/${name}`;
    const rows = await collect(inspectorOf(root).listBackupRuns({ startedTo: 10 }));
    expect(rows).toEqual([
      errorRow('version', at('version'), { code: 'MANIFEST_INVALID', httpCode: 500 }),
      errorRow('twice', expect.stringMatching(/^backups\/(?:completed|failed)\/twice$/) as string, {
        code: 'BACKUP_RUN_AMBIGUOUS',
        httpCode: 409,
        paths: [at('twice'), 'backups/failed/twice'],
      }),
      errorRow('other', at('other'), { code: 'MANIFEST_INVALID' }),
      errorRow('manifest', at('manifest'), { code: 'BACKUP_RUN_UNSAFE', httpCode: 500 }),
      errorRow('link', at('link'), { code: 'BACKUP_RUN_UNSAFE' }),
      { ok: true, run: expect.objectContaining({ run_id: 'good' }) as unknown },
      errorRow('file', at('file'), { code: 'BACKUP_RUN_UNSAFE' }),
      errorRow('empty', at('empty'), { code: 'MANIFEST_MISSING' }),
      errorRow('dangling', at('dangling'), { code: 'BACKUP_RUN_UNSAFE' }),
      errorRow('broken', at('broken'), { code: 'MANIFEST_INVALID' }),
    ]);
    expect(JSON.parse(JSON.stringify(rows))).toEqual(rows);
  });

  it('begins with what could not be listed at all, under the run id ""', async () => {
    const root = makeRoot();
    makeRuns(root, { a: 1, b: 2 });
    writeFileSync(join(root, 'failed'), '');
    symlinkSync('/nowhere/at/all', join(root, 'timeout'));
    const io = { code: 'IO_ERROR', httpCode: 500 };
    const inspector = inspectorOf(root);
    const rows = await collect(inspector.listBackupRuns({ status: ['completed'] }));
    expect(rows.slice(0, 2)).toEqual([
      errorRow('', 'backups/failed', { ...io, path: 'backups/failed' }),
      errorRow('', 'backups/timeout', { ...io, path: 'backups/timeout' }),
    ]);
    expect(rows.slice(2).map(idOf)).toEqual(['b', 'a']);
    expect(await idsOf(inspector.listBackupRuns({ limit: 1 }))).toEqual(['', '', 'b']);
  });

  it.each(['that is not there', 'that is a file'])('has one row of a root %s', async (kind) => {
    const root = join(temporaryDirectory(), 'backups');
    if (kind === 'that is a file') writeFileSync(root, '');
    const errno = kind === 'that is a file' ? 'ENOTDIR' : 'ENOENT';
    const rows = await collect(inspectorOf(root).listBackupRuns());
    expect(rows).toEqual([
      errorRow('', 'backups', { code: 'IO_ERROR', httpCode: 500, errno, path: 'backups' }),
    ]);
  });
});

describe('listBackupRuns() says of a run what getBackupRun() says', () => {
  const cases = CASES.map((each) => [each.name, each] as const);

  it.each(cases)('%s', async (name, { root, options = {} }) => {
    const { level: _, ...rest } = options;
    const inspector = inspectorOf(root, { threads: 0, ...rest });
    const [short, whole] = [
      await collect(inspector.listBackupRuns()),
      await collect(inspector.listBackupRuns({ participants: true })),
    ];
    expect(whole.map(idOf)).toEqual(short.map(idOf));
    for (const [index, row] of whole.entries()) {
      if (idOf(row) === '') continue;
      if (name === 'refused/run-id-two-dots-inside') {
        // No run id, and so nothing that could be inspected; but a list leaves no run out in silence.
        expect(row).toMatchObject({ ok: false, run_id: 'a..b', error: { code: 'BACKUP_RUN_UNSAFE' } });
        continue;
      }
      const answer = await inspector.getBackupRun({ run_id: idOf(row) }, { level: 'none' });
      if (!answer.ok) {
        const unreadable = { ok: false, run_id: idOf(row), path: expect.any(String), error: answer.error };
        expect(row).toEqual(unreadable);
        // How many artifacts a run has is not known without its participants.
        if (name !== 'refused/manifest-over-artifacts') expect(short[index]).toEqual(unreadable);
        continue;
      }
      const { run } = answer;
      expect(row).toEqual({ ok: true, run });
      expect(short[index]).toEqual({ ok: true, run: { ...run, participants: [] } });
    }
  });
});

describe('listBackupRuns() with a filter', () => {
  it('takes both ends of a time', async () => {
    const root = makeRoot();
    makeRuns(root, { a: 10, b: 20, c: 30 });
    const inspector = inspectorOf(root);
    const given = async (startedFrom?: number, startedTo?: number): Promise<string> =>
      (await idsOf(inspector.listBackupRuns({ startedFrom, startedTo }))).join('');
    expect(await given(20)).toBe('cb');
    expect(await given(21)).toBe('c');
    expect(await given(undefined, 20)).toBe('ba');
    expect(await given(undefined, 19)).toBe('a');
    expect(await given(20, 20)).toBe('b');
    expect(await given(30, 10)).toBe('');
    expect(await given(0, 0)).toBe('');
  });

  it('judges the status of a conflict as getBackupRun() does', async () => {
    const root = makeRoot();
    makeRuns(root, { a: 1 }, { manifest: { status: 'failed' } });
    makeRuns(root, { b: 2 }, { directory: 'failed' });
    makeRuns(root, { c: 3 }, { directory: 'cancelled', manifest: { status: 'timeout' } });
    makeRuns(root, { d: 4 });
    const inspector = inspectorOf(root);
    const given = async (status: 'completed' | 'failed' | 'cancelled' | 'timeout'): Promise<string> =>
      (await idsOf(inspector.listBackupRuns({ status: [status] }))).join('');
    expect(await given('completed')).toBe('d');
    expect(await given('failed')).toBe('ba');
    expect(await given('cancelled')).toBe('c');
    expect(await given('timeout')).toBe('');
  });

  it('that is an empty array lists no run that can be read', async () => {
    const root = makeRoot();
    makeRuns(root, { a: 10 });
    makeSmall(root, { runId: 'b', startedAt: null });
    const inspector = inspectorOf(root);
    for (const filter of [{ status: [] }, { type: [] }, { trigger: [] }])
      expect(await idsOf(inspector.listBackupRuns(filter))).toEqual(['b']);
  });

  it.each([0, 1, 2, 3, 4, 1_000])('gives %i rows at most', async (limit) => {
    const root = makeRoot();
    makeRuns(root, { a: 10, b: 30, c: 20 });
    expect(await idsOf(inspectorOf(root).listBackupRuns({ limit }))).toEqual(['b', 'c', 'a'].slice(0, limit));
  });

  const WRONG: unknown[] = [
    null,
    'all',
    { status: 'completed' },
    { status: ['done'] },
    { type: ['both'] },
    { trigger: [undefined] },
    { startedFrom: '1' },
    { startedFrom: -1 },
    { startedTo: 1.5 },
    { startedTo: new Date() },
    { limit: -1 },
    { limit: Infinity },
    { limit: 1.5 },
    { participants: 1 },
    { signal: {} },
  ];

  it.each(WRONG.map((wrong) => [wrong]))('of a wrong type, %o, is a TypeError', async (wrong) => {
    const inspector = inspectorOf(SPEC_ROOT);
    await expect((async () => collect(inspector.listBackupRuns(wrong as object)))()).rejects.toThrow(
      TypeError,
    );
  });
});

/** The ids up to the last of as many runs that can be read. */
function upTo(limit: number, runs: readonly Known[], all: readonly string[]): readonly string[] {
  const unreadable = new Set(runs.flatMap(({ runId, startedAt }) => (startedAt === null ? [runId] : [])));
  const readable = all.flatMap((id, index) => (unreadable.has(id) ? [] : [index]));
  const last = readable[limit - 1];
  return last === undefined ? all : all.slice(0, last + 1);
}

describe('listBackupRuns() with `limit` begins as it does without', () => {
  const known = (most: number): fc.Arbitrary<Known[]> => {
    const real = fc.record({
      at: fc.oneof(
        fc.integer({ min: 0, max: 8 }).map((hours) => hours * HOUR),
        fc.integer({ min: 0, max: 8 * HOUR }),
      ),
      off: fc.oneof(fc.constantFrom(-most, 0, most), fc.integer({ min: -most, max: most })),
      counter: fc.integer({ min: 0, max: 2 }),
    });
    const other = fc.record({
      runId: fc.constantFrom('0', '2026', '20260629-121045', 'a', 'Z', 'nightly.1'),
      startedAt: fc.integer({ min: BASE - HOUR, max: BASE + 9 * HOUR }),
    });
    const one = fc.oneof(
      {
        weight: 6,
        arbitrary: real.map(({ at, off, counter }) => ({
          runId: realId(BASE + at, counter),
          startedAt: BASE + at + off,
        })),
      },
      other,
      // The wait for a manifest that may yet be finished makes these dear.
      fc.constant<Known>({ runId: realId(BASE + 4 * HOUR + 7, 9), startedAt: null }),
    );
    return fc.uniqueArray(one, { selector: ({ runId }) => runId, minLength: 1, maxLength: 60 });
  };

  it('where ids and starts disagree by an hour at most, either way', { timeout: 300_000 }, async () => {
    const property = fc.asyncProperty(known(HOUR), fc.integer({ min: 1, max: 60 }), async (runs, limit) => {
      const root = makeRoot();
      for (const run of runs) makeSmall(root, run);
      await using inspector = createInspector({ root });
      const all = await idsOf(inspector.listBackupRuns());
      expect(all).toEqual(expectedOrder(runs));
      expect(await idsOf(inspector.listBackupRuns({ limit }))).toEqual(upTo(limit, runs, all));
      rmSync(root, { recursive: true });
    });
    await fc.assert(property, { numRuns: 25 });
  });
});

const untraced = lacks('the count of manifests that a listing reads', 'linux', 'strace');

describe.skipIf(untraced)('listBackupRuns() reads', () => {
  it(
    'fewer than 200 of 2,000 manifests for the newest 20, a quarter of an hour apart',
    { timeout: 300_000 },
    async () => {
      const root = makeRoot();
      const runs = Array.from({ length: 2_000 }, (_, index): Known => {
        const startedAt = BASE + index * 900;
        return { runId: realId(startedAt, index), startedAt };
      });
      for (const run of runs) makeSmall(root, run);
      const file = join(temporaryDirectory(), 'trace');
      const under = [
        'strace',
        '-f',
        '-qq',
        '-y',
        '-e',
        'signal=none',
        '-e',
        'trace=open,openat,openat2',
        '-o',
        file,
      ];
      const count = async (limit: number | undefined): Promise<{ ids: string[]; read: number }> => {
        const asked: ListInput = { options: { root }, filter: { limit } };
        const ids = await runChild<string[]>('list', asked, { under });
        const opened = parseTrace(readFileSync(file, 'utf8')).flatMap((call) => openedPath(call) ?? []);
        return { ids, read: opened.filter((path) => path.endsWith('/manifest.json')).length };
      };
      const newest = runs.toReversed().map(({ runId }) => runId);
      const few = await count(20);
      expect(few.ids).toEqual(newest.slice(0, 20));
      expect(few.read).toBeGreaterThanOrEqual(20);
      expect(few.read).toBeLessThan(200);
      const all = await count(undefined);
      expect(all).toEqual({ ids: newest, read: 2_000 });
      tell(`listing: ${few.read} manifests read for the newest 20 of 2,000, ${all.read} for all`);
    },
  );
});

describe('listRunIds()', () => {
  it('gives every run, descending, with the directories where it stands, and reads no manifest', async () => {
    const root = makeRoot();
    for (const [directory, runId] of [
      ['completed', 'a'],
      ['failed', 'a'],
      ['.running', 'b'],
      ['partial', 'c'],
    ] as const)
      mkdirSync(join(root, directory, runId), { recursive: true });
    makeSmall(root, { runId: 'a..b', startedAt: 10 });
    writeFileSync(join(root, 'timeout'), 'no directory');
    const unlistable = { code: 'IO_ERROR', errno: 'ENOTDIR' };
    const ids = await collect(inspectorOf(root).listRunIds());
    const unsafe = { code: 'BACKUP_RUN_UNSAFE', path: 'backups/completed/a..b' };
    expect(ids).toEqual([
      errorRow('', 'backups/timeout', unlistable),
      { ok: true, run_id: 'c', directories: ['partial'] },
      { ok: true, run_id: 'b', directories: ['.running'] },
      errorRow('a..b', 'backups/completed/a..b', unsafe),
      { ok: true, run_id: 'a', directories: ['completed', 'failed'] },
    ]);
  });

  it('begins with what could not be listed, ends with the signal, and refuses after close()', async () => {
    const gone = await collect(inspectorOf('/nonexistent/backups').listRunIds());
    expect(gone).toEqual([errorRow('', 'backups', { code: 'IO_ERROR', errno: 'ENOENT' })]);
    const root = makeRoot();
    for (const runId of ['a', 'b']) makeSmall(root, { runId, startedAt: 10 });
    const inspector = inspectorOf(root);
    const controller = new AbortController();
    const ids = inspector.listRunIds({ signal: controller.signal });
    await ids.next();
    controller.abort('enough');
    await expect(ids.next()).rejects.toBe('enough');
    await inspector.close();
    await expect(inspector.listRunIds().next()).rejects.toThrow(TypeError);
  });
});
