import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { BackupRun, ListedRun } from '../../src/index.ts';
import { paintPlain } from '../../src/cli/output/paint.ts';
import { calendarRange, createRunCalendar } from '../../src/cli/output/render-calendar.ts';
import type { View } from '../../src/cli/output/view.ts';
import { width } from '../../src/cli/output/width.ts';
import { lacks } from '../support/needs.ts';
import { run, runInTerminal } from '../support/program.ts';
import { makeRun, RUN_ID } from '../support/runs.ts';

const VIEW: View = { columns: null, paint: paintPlain, isUtc: true, hasAllFindings: false, now: 0 };

const at = (day: string, status: BackupRun['status']): ListedRun => ({
  ok: true,
  run: {
    run_id: RUN_ID,
    type: 'full',
    trigger: 'cron',
    status,
    path: `backups/${status}/${RUN_ID}`,
    started_at: Date.parse(`${day}T04:30:00Z`) / 1_000,
    finished_at: 0,
    error_summary: '',
    requested_participants: [],
    participants: [],
  },
});

const unreadable = (runId: string): ListedRun => ({
  ok: false,
  run_id: runId,
  path: `backups/completed/${runId}`,
  error: { code: 'MANIFEST_MISSING', httpCode: 500, message: 'no manifest', path: 'manifest.json' },
});

function draw(
  rows: readonly ListedRun[],
  last: string,
  over: Partial<View> = {},
  from: string | null = null,
  isFiltered = false,
) {
  const calendar = createRunCalendar(calendarRange(last, from), true, isFiltered);
  for (const row of rows) calendar.add(row);
  return calendar.render({ ...VIEW, ...over });
}

describe('createRunCalendar()', () => {
  const ROWS = [
    at('2028-03-02', 'running'),
    at('2028-03-01', 'completed'),
    at('2028-03-01', 'failed'),
    at('2028-02-29', 'partial'),
    at('2028-02-28', 'timeout'),
    at('2028-02-27', 'cancelled'),
    unreadable('20280226-043000-000001'),
    unreadable('nobody-knows'),
    at('2028-02-24', 'completed'),
    at('2028-02-24', 'completed'),
  ];
  const LEGEND =
    'C completed, P partial, R running, F failed, T timeout, X cancelled, ! and others, ? perhaps one that cannot be read, - no run';

  it('has a line a month, a sign a day, and shows days without a run', () => {
    expect(draw(ROWS, '2028-03-03')).toEqual([
      '         1       5         10        15        20        25        30',
      ...['04', '05', '06', '07', '08', '09', '10', '11', '12'].map((month) => `2027-${month}`),
      '2028-01',
      `2028-02  ${' '.repeat(46)}C ? ? X T P`,
      '2028-03  C!R -',
      LEGEND,
    ]);
  });

  it('is half as wide where there is no room, with small letters for days of several statuses', () => {
    const [ruler, ...lines] = draw(ROWS, '2028-03-03', { columns: 60 });
    expect(ruler).toBe('         1   5    10   15   20   25   30');
    expect(lines.join(' ')).toContain(
      'a small letter: and others, ? perhaps one that cannot be read, - no run',
    );
    expect(lines.slice(10, 12)).toEqual([`2028-02  ${' '.repeat(23)}C??XTP`, '2028-03  cR-']);
  });

  it('shows days without a run from the day that was asked for, to the last one', () => {
    const lines = draw([at('2026-06-28', 'completed')], '2026-06-30', {}, '2026-06-26');
    expect(lines[12]).toBe(`2026-06  ${' '.repeat(50)}- - C - -`);
    // Nothing was asked about days before the first run.
    expect(draw([], '2026-06-30')[12]).toBe(`2026-06  ${' '.repeat(58)}-`);
  });

  it('says of a run whether it stands on one of the days, and of a filter that there may be others', () => {
    const calendar = createRunCalendar(calendarRange('2026-06-30', null), true, true);
    const rows = [at('2026-07-01', 'completed'), at('2025-06-30', 'completed'), at('2025-07-01', 'failed')];
    expect(rows.map((row) => calendar.add(row))).toEqual([false, false, true]);
    expect(calendar.add(unreadable(RUN_ID))).toBe(false);
    const lines = calendar.render(VIEW);
    expect(lines[1]).toMatch(/^2025-07 {2}F -/);
    expect(lines.at(-1)).toMatch(/, - no such run$/);
  });

  it('parts no sign from its meaning', () => {
    for (let columns = 40; columns <= 140; columns += 1) {
      for (const line of draw(ROWS, '2028-03-03', { columns }).slice(13))
        expect(line).toMatch(/^(?:\S |a small)/);
    }
  });

  it('tells signs apart without colours, and gives no verdict by one', () => {
    const paint = (meaning: string, text: string): string => `<${meaning}>${text}`;
    const text = draw(ROWS, '2028-03-03', { paint }).join('\n');
    expect(text).toContain('<bad>? <bad>? <doubtful>X <bad>T <doubtful>P');
    expect(text).not.toContain('good');
  });
});

describe('backup-run list --calendar', () => {
  it('shows a year of runs, those that cannot be read or run still below it, and totals', async () => {
    const { root } = makeRun();
    writeFileSync(makeRun({ root, runId: '20260628-121045-000001' }).at('manifest.json'), '{');
    const running = { status: 'running', started_at: 1782641445, finished_at: 0 };
    makeRun({ root, runId: '20260628-101045-000001', directory: '.running', manifest: running });
    const words = ['list', '--calendar', '--utc', '--to', '2026-06-30', '--root', root];
    const { stdout, stderr, code } = await run(words);
    expect({ stderr, code }).toEqual({ stderr: '', code: 4 });
    const lines = stdout.trimEnd().split('\n');
    expect(lines[1]).toBe('2025-07');
    expect(lines[12]).toBe(`2026-06  ${' '.repeat(54)}R C -`);
    expect(lines.slice(14)).toEqual([
      expect.stringMatching(/^RUN +CLAIMED/),
      expect.stringMatching(/^20260628-121045-000001 {2}unreadable {2}Cannot use the manifest /),
      expect.stringMatching(/^20260628-101045-000001 {2}running /),
      expect.stringMatching(
        new RegExp(`^3 runs: 1 running, 1 completed, 1 unreadable; the newest completed is ${RUN_ID}, `),
      ),
    ]);
  });

  it.each([
    [['--json'], '--calendar and --json together'],
    [['--ndjson'], '--calendar and --ndjson together'],
    [['--limit', '3'], '--calendar and --limit together: days of runs left out would be empty'],
  ])('is refused with %j', async (words, why) => {
    const { stdout, stderr, code } = await run(['list', '--calendar', ...words, '--root', makeRun().root]);
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
    expect(stderr).toContain(`Cannot use ${why}`);
  });

  const skipped = lacks('a terminal', 'script (util-linux)');
  it.skipIf(skipped).each([60, 80, 140])('fits %d columns', async (columns) => {
    const words = ['list', '--calendar', '--to', '2026-06-30', '--root', makeRun().root];
    const { stdout } = await runInTerminal([...words, '--no-color'], { columns });
    expect(stdout).toMatch(/^2026-06 .*C/m);
    for (const line of stdout.split('\n')) expect(width(line), line).toBeLessThanOrEqual(columns);
  });
});
