import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BackupRun, ListedRun } from '../../src/index.ts';
import { paintPlain } from '../../src/cli/output/paint.ts';
import { createRunTable } from '../../src/cli/output/render-list.ts';
import type { View } from '../../src/cli/output/view.ts';
import { width } from '../../src/cli/output/width.ts';
import { lacks } from '../support/needs.ts';
import { run, runInTerminal } from '../support/program.ts';
import { makeRun, RUN_ID, temporaryDirectory } from '../support/runs.ts';

const OTHER = '20260628-121045-000001';
const FAILED = '20260627-121045-000001';
const BROKEN = '20260626-121045-000001';

/** A root with two completed runs, one that failed, and one that cannot be read. */
function fourRuns(): string {
  const { root } = makeRun();
  const at = (started: number) => ({ started_at: started, finished_at: started + 90 });
  makeRun({ root, runId: OTHER, manifest: at(1782641445) });
  makeRun({ root, runId: FAILED, directory: 'failed', manifest: { ...at(1782555045), status: 'failed' } });
  writeFileSync(makeRun({ root, runId: BROKEN }).at('manifest.json'), '{');
  return root;
}

describe('backup-run list', () => {
  it('ends with a line of totals, which claims no more than manifests do', async () => {
    const { stdout, stderr, code } = await run(['list', '--utc', '--root', fourRuns()]);
    expect({ stderr, code }).toStrictEqual({ stderr: '', code: 4 });
    const [head, ...lines] = stdout.split('\n');
    expect(head).toMatch(/^RUN +CLAIMED +TYPE +TRIGGER +STARTED +AGE +SIZE +DURATION$/);
    expect(lines.slice(0, 4).map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
      [RUN_ID, 'completed'],
      [OTHER, 'completed'],
      [FAILED, 'failed'],
      [BROKEN, 'unreadable'],
    ]);
    expect(lines.slice(4)).toEqual([
      expect.stringMatching(
        `^4 runs: 2 completed, 1 failed, 1 unreadable; the newest completed is ${RUN_ID}, \\d+ d ago; as recorded, nothing was verified$`,
      ),
      '',
    ]);
  });

  it('has no totals in JSON, nor of nothing', async () => {
    const root = fourRuns();
    const { stdout } = await run(['list', '--ndjson', '--root', root]);
    expect(stdout.trimEnd().split('\n')).toHaveLength(4);
    for (const line of stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('ok');
    const none = await run(['list', '--status', 'timeout', '--root', makeRun().root]);
    expect(none).toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(/^backup-run: There is no such backup run in \S+\n$/),
      code: 0,
    });
  });

  it.each([
    [[], 'it holds no status directory such as "completed"'],
    [['completed'], 'it is a status directory; did you mean --root "'],
  ])('complains of a root without status directories: below it is %j', async (names, why) => {
    const root = join(temporaryDirectory(), ...names);
    mkdirSync(join(root, 'elsewhere', 'completed'), { recursive: true });
    for (const asked of [['list'], ['list', '--json'], ['list', '--status', 'failed']]) {
      const { stdout, stderr, code } = await run([...asked, '--root', root]);
      expect({ stdout, code }).toStrictEqual({ stdout: '', code: 4 });
      expect(stderr.startsWith(`backup-run: Cannot use "${root}" as root: ${why}`), stderr).toBe(true);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    }
  });

  it('says which root is empty, and which one below it was meant', async () => {
    const root = temporaryDirectory();
    mkdirSync(join(root, 'backups', 'completed'), { recursive: true });
    const empty = join(root, 'backups');
    for (const words of [['list'], ['list', '--calendar']]) {
      const { stderr } = await run([...words, '--root', empty]);
      expect(stderr).toBe(`backup-run: There is no backup run in ${empty}\n`);
    }
    const why = `backup-run: Cannot use "${root}" as root: it holds no status directory such as "completed"; did you mean --root "${empty}"?\n`;
    expect(await run(['list', '--root', root])).toMatchObject({ stderr: why, code: 4 });
    const shown = await run(['show', RUN_ID, '--root', root]);
    expect(shown).toMatchObject({ stdout: '', code: 3 });
    expect(shown.stderr.endsWith(why)).toBe(true);
  });

  it('takes an empty root with any status directory for one', async () => {
    const root = temporaryDirectory();
    mkdirSync(join(root, 'cancelled'));
    expect(await run(['list', '--root', root])).toMatchObject({ stdout: '', code: 0 });
    expect(await run(['list', '--json', '--root', root])).toMatchObject({ stdout: '[]\n', code: 0 });
  });

  const skipped = lacks('a terminal', 'script (util-linux)');
  it.skipIf(skipped).each([60, 80, 140])('fits %d columns', async (columns) => {
    const root = fourRuns();
    const id = `nightly-${'of-the-exchange-'.repeat(7)}`.slice(0, 127).replace(/-$/, '') + 'x';
    makeRun({
      root,
      runId: id,
      manifest: { started_at: 1, trigger: 'pre_update', error_summary: '約'.repeat(90) },
    });
    const { stdout } = await runInTerminal(['list', '--utc', '--no-color', '--root', root], { columns });
    for (const line of stdout.split('\n')) expect(width(line), line).toBeLessThanOrEqual(columns);
    expect(stdout.replaceAll(/\s/g, '')).toContain(id);
    expect(stdout.replaceAll(/\s/g, '')).toContain('約'.repeat(90));
    expect(stdout).toMatch(new RegExp(`^${RUN_ID} +completed`, 'm'));
    expect(stdout.split('\n')[0]).toMatch(/ AGE\b/);
  });
});

describe('createRunTable()', () => {
  const now = 1_800_000_000_000;
  const RUN: BackupRun = {
    run_id: RUN_ID,
    type: 'scoped',
    trigger: 'pre_update',
    status: 'completed',
    path: `backups/completed/${RUN_ID}`,
    started_at: now / 1_000 - 40_000,
    finished_at: now / 1_000 - 39_000,
    error_summary: '',
    requested_participants: [],
    participants: [],
  };
  const view: View = { columns: null, paint: paintPlain, isUtc: true, hasAllFindings: false, now };
  const draw = (runs: Partial<BackupRun>[], columns: number | null = null): string[] => {
    const rows = runs.map((over): ListedRun => ({
      ok: true,
      run: { ...RUN, ...over },
      size_bytes: 4_200_000,
    }));
    const table = createRunTable(rows, true, { ...view, columns });
    return [table.head(), ...rows.map(table.row)].flatMap((text) => text.split('\n'));
  };

  it.each([
    [40_000, '11 h ago'],
    [86_400 * 3 + 5, '3 d ago'],
    [59, '59 s ago'],
    // A clock that is behind, and no time.
    [-5, '5 s ahead'],
    [-86_400 * 9, '9 d ahead'],
    [now / 1_000, '–'],
  ])('says how old a run is: %d s are %s', (seconds, age) => {
    const [head = '', row = ''] = draw([{ started_at: now / 1_000 - seconds }]);
    expect(row.slice(0, head.indexOf('AGE') + 3).endsWith(` ${age}`), row).toBe(true);
  });

  it.each([
    [4_200_000, '4.20 MB'],
    [0, '0 B'],
    // Nobody knows it where a manifest cannot be read.
    [null, '?'],
  ])('says how large a run claims to be: %d bytes are %s', (bytes, text) => {
    const table = createRunTable([], true, view);
    const [head, row] = [table.head(), table.row({ ok: true, run: RUN, size_bytes: bytes })];
    expect(row.split(/ {2,}/)[head.split(/ {2,}/).indexOf('SIZE')]).toBe(text);
  });

  it('gives no verdict by a colour: that a run completed is what it claims', () => {
    const table = createRunTable([], true, { ...view, paint: (meaning, text) => `<${meaning} ${text}>` });
    expect(table.row({ ok: true, run: RUN })).not.toContain('good');
    expect(table.row({ ok: true, run: { ...RUN, status: 'failed' } })).toContain('<bad failed >');
  });

  it.each([40, 60, 80, 100])('fits %d columns, whatever rows hold, and keeps their ids', (columns) => {
    const runs: Partial<BackupRun>[] = [
      {},
      { run_id: 'x'.repeat(128) },
      { started_at: 253_402_300_799, finished_at: 253_402_300_799, status: 'cancelled' },
      { started_at: 1, finished_at: 253_402_300_799, status: 'timeout', error_summary: '約 '.repeat(80) },
      { started_at: 1, finished_at: 0, status: 'running' },
    ];
    const lines = draw(runs, columns);
    for (const line of lines) expect(width(line), line).toBeLessThanOrEqual(columns);
    expect(lines.join('').replaceAll(/\s/g, '')).toContain('x'.repeat(128));
    expect(lines[1]).toMatch(new RegExp(`^${RUN_ID} +completed`));
    // Columns stand below each other also where an id has a line of its own.
    expect(lines.filter((line) => line.startsWith(' '.repeat(23)) && /^ +completed/.test(line))).toHaveLength(
      1,
    );
  });

  it.each([
    [null, 'RUN CLAIMED TYPE TRIGGER STARTED AGE SIZE DURATION NOTE'],
    [150, 'RUN CLAIMED TYPE TRIGGER STARTED AGE SIZE DURATION NOTE'],
    [140, 'RUN CLAIMED TYPE TRIGGER STARTED AGE SIZE DURATION'],
    [110, 'RUN CLAIMED TYPE TRIGGER STARTED AGE SIZE DURATION'],
    [100, 'RUN CLAIMED TYPE STARTED AGE SIZE DURATION'],
    [80, 'RUN CLAIMED TYPE AGE SIZE DURATION'],
    [70, 'RUN CLAIMED AGE SIZE DURATION'],
    [60, 'RUN CLAIMED AGE SIZE'],
    [50, 'RUN CLAIMED AGE'],
    [40, 'RUN CLAIMED'],
  ])('goes in %d columns without what is least needed', (columns, titles) => {
    const lines = draw([{ error_summary: 'the disk of the exchange was full' }], columns);
    expect(lines[0]?.split(/ +/).join(' ')).toBe(titles);
    const note = lines.slice(2).join(' ').replaceAll(/ +/g, ' ').trim();
    expect(note).toBe(titles.endsWith('NOTE') ? '' : 'the disk of the exchange was full');
  });

  it('shows in a wider terminal no less', () => {
    const runs: Partial<BackupRun>[] = [
      {},
      { error_summary: 'x'.repeat(60) },
      { status: 'running', finished_at: 0 },
    ];
    const titlesIn = (columns: number): string[] => draw(runs, columns)[0]?.split(/ +/) ?? [];
    for (let columns = 41; columns <= 200; columns += 1) {
      expect(titlesIn(columns), `${columns}`).toEqual(expect.arrayContaining(titlesIn(columns - 1)));
      expect(draw(runs, columns).join('\n')).toContain('x'.repeat(Math.min(60, columns - 4)));
    }
  });

  it.each([60, 80, 140, 200])('fits %d columns with later rows that want more', (columns) => {
    const rows = [
      {},
      { error_summary: 'x'.repeat(columns) },
      { started_at: 1, finished_at: 253_402_300_799 },
    ].map((over): ListedRun => ({ ok: true, run: { ...RUN, ...over }, size_bytes: 1_230_000_000_000_000 }));
    const table = createRunTable(rows.slice(0, 1), false, { ...view, columns });
    const lines = rows.flatMap((row) => table.row(row).split('\n'));
    for (const each of lines) expect(width(each), each).toBeLessThanOrEqual(columns);
    expect(lines.join('').replaceAll(/\s/g, '')).toContain('x'.repeat(columns));
  });

  it('says beside or below its id why a run cannot be read', () => {
    const row: ListedRun = {
      ok: false,
      run_id: RUN_ID,
      path: 'p',
      error: { code: 'MANIFEST_MISSING', httpCode: 500, message: `no manifest ${'y'.repeat(30)}`, path: 'p' },
    };
    expect(createRunTable([row], true, view).row(row)).toBe(
      `${RUN_ID}  unreadable  no manifest ${'y'.repeat(30)}`,
    );
    expect(
      createRunTable([row], true, { ...view, columns: 60 })
        .row(row)
        .split('\n'),
    ).toEqual([`${RUN_ID}  unreadable`, `    no manifest ${'y'.repeat(30)}`]);
  });
});
