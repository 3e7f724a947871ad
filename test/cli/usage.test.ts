import { describe, expect, it } from 'vitest';
import { OPTION_NAMES, optionOf, SUBCOMMANDS } from '../../src/cli/args/options.ts';
import { RUN_STATUSES, RUN_TRIGGERS, RUN_TYPES } from '../../src/model/run.ts';
import { SPEC_ROOT, SPEC_RUN_ID } from '../support/fixtures.ts';
import { run, VERSION } from '../support/program.ts';

const environment = { BACKUP_ROOT: SPEC_ROOT };

describe('backup-run says in one sentence what it cannot use, with exit code 2 and nothing on standard output:', () => {
  const cases: [string, string[], string][] = [
    ['a subcommand', ['shwo', 'a'], 'Unknown subcommand "shwo"; did you mean show?'],
    [
      'any word',
      ['frobnicate'],
      'Unknown subcommand "frobnicate": expected show, list, verify, completion, help',
    ],
    ['help with any word', ['help', 'verfiy'], 'Unknown subcommand "verfiy"; did you mean verify?'],
    ['help with two words', ['help', 'show', 'list'], 'Cannot help: expected one subcommand, found more'],
    ['an option', ['show', '--rooot', 'a'], 'Unknown option "--rooot"; did you mean --root?'],
    ['any option', ['show', '--\u001b[31m'], String.raw`Unknown option "--\u001b[31m"`],
    ['any letter', ['show', '-x'], 'Unknown option "-x"; a run id that begins with "-" goes after "--"'],
    [
      'a run id that begins with a hyphen',
      ['show', `-${SPEC_RUN_ID}`],
      `Unknown option "-${SPEC_RUN_ID}"; a run id that begins with "-" goes after "--"`,
    ],
    ['an option of another', ['list', '--all'], 'Cannot use --all with list: it goes with verify'],
    ['a switch with a value', ['show', '--json=yes', 'a'], 'Cannot use --json="yes": it takes no value'],
    ['no kind', ['show', '--validate=', 'a'], 'Cannot use --validate=: expected KIND after it'],
    [
      'a kind',
      ['show', '--validate=jsno', 'a'],
      'Cannot use --validate "jsno": expected sqlite, gzip, zstd, tar, json; did you mean json?',
    ],
    ['no value', ['show', 'a', '--root'], 'Cannot use --root: expected DIR after it'],
    ['an option as value', ['show', '--root', '--json', 'a'], 'Cannot use --root: expected DIR after it'],
    ['two forms', ['list', '--json', '--ndjson'], 'Cannot use --json and --ndjson together'],
    [
      'a level',
      ['show', '--level', 'digset', 'a'],
      'Cannot use --level "digset": expected digest, size, none; did you mean digest?',
    ],
    [
      'threads',
      ['show', '--threads', 'x', 'a'],
      'Cannot use --threads "x": expected a whole number from 0 to 1024',
    ],
    [
      'a rate',
      ['verify', '--max-rate', '5parsecs', 'a'],
      'Cannot use --max-rate "5parsecs": expected bytes a second such as 200MB (kB, MB, GB, TB, KiB, MiB, GiB or TiB)',
    ],
    [
      'a time budget',
      ['show', '--time-budget', '30', 'a'],
      'Cannot use --time-budget "30": expected a time such as 30s (ms, s, m, h or d; at most 596h)',
    ],
    [
      'a status',
      ['list', '--status', 'done'],
      'Cannot use --status "done": expected running, completed, failed, partial, cancelled, timeout',
    ],
    [
      'a time',
      ['list', '--from', 'monday'],
      'Cannot use --from "monday": expected Unix seconds or a time such as 2026-06-29T12:10:45Z',
    ],
    ['a limit', ['list', '--limit', '0'], 'Cannot use --limit "0": expected a whole number from 1 on'],
    ['words for list', ['list', 'a'], 'Cannot list: expected no further word, found "a"'],
    ['no run', ['show'], 'Cannot show: expected one run id, found none'],
    ['two runs', ['show', 'a', 'b'], 'Cannot show: expected one run id, found more'],
    [
      'no runs',
      ['verify'],
      'Cannot verify: expected run ids, --all, --latest or --latest-restorable, found none of them',
    ],
    [
      'a filter without --all',
      ['verify', '--latest', '--limit', '3'],
      'Cannot verify: filters such as --status and --limit go with --all',
    ],
    [
      'runs and all',
      ['verify', 'a', '--all'],
      'Cannot verify: expected run ids, --all, --latest or --latest-restorable, found more than one of them',
    ],
    [
      'all and latest',
      ['verify', '--latest', '--all'],
      'Cannot verify: expected run ids, --all, --latest or --latest-restorable, found more than one of them',
    ],
    [
      'no runs on standard input',
      ['verify', '-'],
      'Cannot verify: expected run ids on standard input, found none',
    ],
    ['no shell', ['completion'], 'Cannot print a completion script: expected one of bash, zsh, fish'],
    [
      'a shell',
      ['completion', 'fihs'],
      'Cannot use completion "fihs": expected bash, zsh, fish; did you mean fish?',
    ],
  ];
  it.each(cases)('%s', async (_, args, sentence) => {
    const end = await run(args, { environment });
    expect(end).toStrictEqual({ stdout: '', stderr: `backup-run: ${sentence}\n`, code: 2, signal: null });
  });
});

describe('backup-run', () => {
  it('takes a run id that begins with a hyphen after --', async () => {
    const { stdout, stderr, code } = await run(['show', '--', `-${SPEC_RUN_ID}`], { environment });
    expect({ stdout, code }).toStrictEqual({ stdout: '', code: 3 });
    expect(stderr).toBe(
      `backup-run: Cannot find backup run "-${SPEC_RUN_ID}": no status directory holds it (root "${SPEC_ROOT}")\n`,
    );
  });

  it('takes options before and after words, and values after = too', async () => {
    const asked = [
      ['--root', SPEC_ROOT, 'show', '--json', SPEC_RUN_ID],
      ['show', SPEC_RUN_ID, `--root=${SPEC_ROOT}`, '--json'],
      ['show', '--json', '--root', '/elsewhere', '--root', SPEC_ROOT, SPEC_RUN_ID],
    ];
    const ends = await Promise.all(asked.map((args) => run(args)));
    expect(new Set(ends.map(({ stdout }) => stdout)).size).toBe(1);
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
  });

  it('looks below ./backups when nobody says where', async () => {
    const { code } = await run(['show', SPEC_RUN_ID], {
      cwd: `${SPEC_ROOT}/..`,
      environment: { BACKUP_ROOT: '' },
    });
    expect(code).toBe(0);
  });

  it('tells its version', async () => {
    expect(await run(['--version'])).toStrictEqual({
      stdout: `${VERSION}\n`,
      stderr: '',
      code: 0,
      signal: null,
    });
    expect((await run(['show', '--version'])).stdout).toBe(`${VERSION}\n`);
    expect((await run(['-V'])).stdout).toBe(`${VERSION}\n`);
  });

  it.each([['--help'], ['-h'], ['help']])('helps, examples first: %s', async (asked) => {
    const { stdout, stderr, code } = await run([asked]);
    expect({ stderr, code }).toStrictEqual({ stderr: '', code: 0 });
    expect(stdout).toMatch(/^Examples:\n {2}backup-run show 2026/);
    expect(stdout).toContain('\nUsage: backup-run SUBCOMMAND ');
    for (const name of SUBCOMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(stdout).toContain('  130  interrupted\n');
  });

  it('shows on standard error what can be asked when nothing was, which is no use of it', async () => {
    const { stdout: help } = await run(['help']);
    expect(await run([])).toStrictEqual({
      stdout: '',
      stderr: `backup-run: Nothing to do: expected a subcommand\n\n${help}`,
      code: 2,
      signal: null,
    });
  });

  it.each(SUBCOMMANDS)('helps with %s, examples first, all of its options and no others', async (name) => {
    const { stdout, code } = await run([name, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Examples:\n {2}.*backup-run ${name}`));
    expect(stdout).toMatch(new RegExp(`\nUsage: backup-run ${name} .*\n {2}\\w`));
    const shown = [...stdout.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, option]) => option);
    expect(shown).toEqual(OPTION_NAMES.filter((option) => optionOf(option).of.includes(name)));
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    const same = await Promise.all([run(['help', name]), run([name, '-h'])]);
    expect(same.map((end) => end.stdout)).toEqual([stdout, stdout]);
  });

  it('names the values of an option and what holds without it', async () => {
    const text = (await run(['verify', '-h'])).stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain(' --root DIR the backups directory. Default: BACKUP_ROOT, else ./backups. --');
    expect(text).toContain(' RATE: such as 200MB, in kB MB GB TB KiB MiB GiB TiB. Default: ');
    const list = (await run(['list', '-h'])).stdout.replaceAll(/\s+/g, ' ');
    for (const values of [RUN_STATUSES, RUN_TYPES, RUN_TRIGGERS]) expect(list).toContain(values.join(', '));
  });
});
