import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { width } from '../../src/cli/output/width.ts';
import { SPEC_ROOT, SPEC_RUN_ID } from '../support/fixtures.ts';
import { lacks } from '../support/needs.ts';
import { run, runInTerminal, startInTerminal } from '../support/program.ts';
import { artifactRecord, makeRun, RUN_ID, temporaryDirectory } from '../support/runs.ts';

const skipped = lacks('a terminal', 'script (util-linux)');

/** A run whose artifact is large enough for some reports, slowed down so that they come at different times. */
function slow(): { readonly root: string; readonly rate: readonly string[] } {
  return {
    root: makeRun({ artifacts: { 'trades.db': 'x'.repeat(600_000) } }).root,
    rate: ['--max-rate', '600kB'],
  };
}

const ESCAPE = '\u001b[';
const ERASE = `\r${ESCAPE}K`;

describe.skipIf(skipped)('backup-run on a terminal', () => {
  const shown = (environment: Record<string, string>, ...options: string[]) =>
    runInTerminal(['show', '--root', SPEC_ROOT, ...options, SPEC_RUN_ID], { environment });

  const colours: [string, Record<string, string>, string[], boolean][] = [
    ['by itself', {}, [], true],
    ['with NO_COLOR', { NO_COLOR: '1' }, [], false],
    ['with an empty NO_COLOR', { NO_COLOR: '' }, [], true],
    ['with TERM=dumb', { TERM: 'dumb' }, [], false],
    ['with FORCE_COLOR=0', { FORCE_COLOR: '0' }, [], false],
    ['with TERM=dumb and FORCE_COLOR', { TERM: 'dumb', FORCE_COLOR: '1' }, [], true],
    ['with --no-color', {}, ['--no-color'], false],
    ['with --no-color and FORCE_COLOR', { FORCE_COLOR: '1' }, ['--no-color'], false],
    ['as JSON', {}, ['--json'], false],
  ];
  it.each(colours)('has colours or not: %s', async (_, environment, options, isColoured) => {
    const { stdout, code } = await shown(environment, '--quiet', ...options);
    expect(code).toBe(0);
    expect(stdout.includes(ESCAPE)).toBe(isColoured);
  });

  it('tells the same in colours and without', async () => {
    const [coloured, plain] = [await shown({}, '--quiet'), await shown({}, '--quiet', '--no-color')];
    expect(coloured.stdout).toContain('\u001b[32mSound: 1 artifact, 1.05 MB, all verified.\u001b[39m');
    expect(stripVTControlCharacters(coloured.stdout)).toBe(plain.stdout);
    expect(plain.stdout).toBe((await run(['show', '--root', SPEC_ROOT, SPEC_RUN_ID])).stdout);
  });

  it.each([40, 60, 80])('keeps to its %d columns, and says the verdict wholly', async (columns) => {
    const name = `${'約定の帳簿'.repeat(12)}.db`;
    const { root } = makeRun({
      artifacts: { [name]: 'a', 'zażółć gęślą jaźń.db': 'b' },
      manifest: { error_summary: 'the disk of the exchange was full, and nobody had looked at it for weeks' },
      trades: {
        error: 'some text that is longer than there is room for it in the table',
        artifacts: [
          { ...artifactRecord(name, 'a'), sha256: 'a'.repeat(64) },
          artifactRecord('zażółć gęślą jaźń.db', 'b'),
        ],
      },
    });
    const { stdout, code } = await runInTerminal(['show', '--quiet', '--no-color', '--root', root, RUN_ID], {
      columns,
    });
    expect(code).toBe(1);
    const lines = stdout.split('\n');
    for (const line of lines) expect(width(line), line).toBeLessThanOrEqual(columns);
    const said = lines.join(' ').replaceAll(/\s+/g, ' ');
    expect(said).toContain('Damaged: do not restore from this run; 1 error, 1 of 2 artifacts bad.');
    expect(stdout.replaceAll(/\s/g, '')).toContain('a'.repeat(64));
    // Digests stand below each other, whatever stands before them.
    const before = lines.flatMap((line) => /^(.* )(?:aaaaaa|[0-9a-f]{6,12}…?$)/.exec(line)?.[1] ?? []);
    expect(new Set(before.slice(0, 2).map(width)).size, stdout).toBe(1);
  });

  it.each([60, 80, 140])('helps in %d columns, and breaks no command', async (columns) => {
    const ends = await Promise.all(
      ['show', 'list', 'verify'].map((name) => runInTerminal(['help', name], { columns })),
    );
    for (const line of ends.flatMap(({ stdout }) => stdout.split('\n'))) {
      if (line.includes('backup-run ')) expect(line).toMatch(/^(?: {2}|Usage: )/);
      else expect(line.length, line).toBeLessThanOrEqual(Math.min(columns, 80));
    }
  });

  it.each(['show', 'list'])('takes a terminal without a size for one of 80 columns: %s', async (asked) => {
    const args = [
      asked,
      '--root',
      SPEC_ROOT,
      '--no-color',
      '--quiet',
      ...(asked === 'show' ? [SPEC_RUN_ID] : []),
    ];
    const { stdout } = await runInTerminal(args, { columns: 0 });
    expect(stdout).toBe((await runInTerminal(args)).stdout);
  });

  it.each([60, 80, 140])('lists runs in %d columns, and says what was wrong wholly', async (columns) => {
    const said = 'the disk of the exchange was full, and nobody had looked at it for weeks';
    const { root } = makeRun({ manifest: { error_summary: said, trigger: 'pre_update' } });
    const { stdout } = await runInTerminal(['list', '--utc', '--no-color', '--root', root], { columns });
    for (const line of stdout.split('\n')) expect(width(line), line).toBeLessThanOrEqual(columns);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(` ${said} `);
  });

  it.each([60, 80, 140])('verifies in %d columns, and says why wholly', async (columns) => {
    const name = `${'trades-of-the-exchange-'.repeat(4)}.db`;
    const { root } = makeRun({ trades: { artifacts: [artifactRecord(name, 'a')] } });
    writeFileSync(makeRun({ root, runId: 'broken-run' }).at('manifest.json'), '{');
    const args = ['verify', '--all', '--quiet', '--no-color', '--root', root];
    const { stdout, code } = await runInTerminal(args, { columns });
    expect(code).toBe(4);
    for (const line of stdout.split('\n')) expect(width(line), line).toBeLessThanOrEqual(columns);
    const text = stdout.replaceAll(/\s/g, '');
    for (const part of [RUN_ID, name, 'broken-run', 'notJSON', '2runs:1damaged,1notinspected;']) {
      expect(text).toContain(part);
    }
  });

  it('draws how far it is, and leaves nothing of it', async () => {
    const { root, rate } = slow();
    const directory = temporaryDirectory();
    const out = join(directory, 'out');
    const { stdout, code } = await runInTerminal(['verify', '--all', ...rate, '--root', root], {
      stdoutTo: out,
      columns: 70,
    });
    expect(code).toBe(0);
    expect(readFileSync(out, 'utf8')).toMatch(
      new RegExp(`^restorable     ${RUN_ID}  .*\n1 run: 1 restorable; .*\n$`),
    );
    const drawn = stdout.split(ERASE);
    expect(drawn.length).toBeGreaterThan(2);
    for (const text of drawn) {
      expect(text).toMatch(/^(?:|20260629-121045-000001[^\n]*)$/);
      expect(width(text)).toBeLessThan(70);
    }
    const both = await runInTerminal(['verify', '--all', '--no-color', ...rate, '--root', root], {
      columns: 70,
    });
    // What is told does not stand behind what is drawn.
    expect(both.stdout).toMatch(/\r\S*Krestorable /);
    expect(stdout).toContain(' of 600 kB');
    // The last that was written takes the line away.
    expect(stdout.endsWith(ERASE)).toBe(true);
  });

  it('draws nothing for --quiet, on a terminal that cannot, and where standard error is none', async () => {
    const { root, rate } = slow();
    const args = ['show', ...rate, '--root', root, RUN_ID];
    const quiet = await runInTerminal([...args, '--quiet']);
    expect(quiet.stdout).not.toContain('\r');
    const dumb = await runInTerminal(args, { environment: { TERM: 'dumb' } });
    expect(['\r', ESCAPE].filter((each) => dumb.stdout.includes(each))).toEqual([]);
    const file = join(temporaryDirectory(), 'err');
    const { stdout, code } = await runInTerminal(args, { stderrTo: file });
    expect([stdout.includes('\r'), readFileSync(file, 'utf8'), code]).toEqual([false, '', 0]);
  });

  it('takes the line away when it is interrupted, and dies by the signal', async () => {
    const { root } = slow();
    const { child, ended, says } = await startInTerminal(
      ['show', '--max-rate', '1kB', '--root', root, RUN_ID],
      { input: null },
    );
    await says('stdout', /of 600 kB/);
    // As the key does it.
    child.stdin?.write('\u0003');
    const { stdout, code } = await ended;
    expect(code).toBe(130);
    const [, last = ''] = stdout.split(/(?=backup-run: )/);
    expect(stdout).toMatch(/K(?:\^C)?backup-run: /);
    expect(stdout.split(ERASE).at(-1)?.endsWith(last)).toBe(true);
    expect(last).toMatch(
      /^backup-run: Interrupted: 0 artifacts of 1 and .* were looked at; there is no verdict\n$/,
    );
  });
});

describe('backup-run through pipes', () => {
  it('has no colours unless they are forced, and cuts nothing', async () => {
    const name = `${'n'.repeat(200)}.db`;
    const { root } = makeRun({ artifacts: { [name]: 'a' } });
    const { stdout } = await run(['show', '--root', root, RUN_ID]);
    expect(stdout).not.toContain(ESCAPE);
    expect(stdout).toContain(name);
    const environment = { FORCE_COLOR: '1' };
    expect((await run(['show', '--root', root, RUN_ID], { environment })).stdout).toContain(ESCAPE);
  });

  // Later ones look at both while they load themselves, before anything of a program runs.
  const isNode20 = process.versions.node.startsWith('20.');

  it.skipIf(!isNode20)('is not warned of by Node 20 when colours are forced and refused', async () => {
    const environment = { FORCE_COLOR: '1', NO_COLOR: '1' };
    const { stdout, stderr } = await run(['show', '--root', SPEC_ROOT, SPEC_RUN_ID], { environment });
    expect(stdout).toContain(ESCAPE);
    expect(stderr).toBe('');
  });
});
