import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { joinWords, completionFor } from '../../src/cli/commands/complete.ts';
import { SUBCOMMANDS } from '../../src/cli/args/options.ts';
import { lacks } from '../support/needs.ts';
import { attend, program, run } from '../support/program.ts';
import { makeRun, RUN_ID } from '../support/runs.ts';
import { scratch } from '../support/scratch.ts';

const OTHER = '20260628-121045-000001';

/** A root with two runs. */
function twoRuns(): string {
  const { root } = makeRun();
  makeRun({ root, runId: OTHER, manifest: { started_at: 1782641445, finished_at: 1782641446 } });
  return root;
}

/** Where the shells find the program under its name. */
const BIN = join(scratch(), 'bin');

beforeAll(async () => {
  mkdirSync(BIN, { recursive: true });
  const path = join(BIN, 'backup-run');
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${await program()}' "$@"\n`);
  chmodSync(path, 0o755);
}, 300_000);

/** What a shell offers for words, of which the last is completed. */
const SHELLS = {
  bash: (words: readonly string[]) => `
    source <(backup-run completion bash)
    COMP_WORDS=(${words.map(quoted).join(' ')}) COMP_CWORD=${words.length - 1}
    _backup_run
    printf '%s\\n' "\${COMPREPLY[@]}"`,
  // Outside of its line editor zsh completes nothing: what would be offered is told instead.
  zsh: (words: readonly string[]) => `
    compdef() { :; }
    compadd() { [[ $1 == -- ]] && shift; print -l -- "$@"; }
    compset() { :; }
    _files() { print ":files"; }
    source <(backup-run completion zsh)
    words=(${words.map(quoted).join(' ')}) CURRENT=${words.length}
    _backup_run`,
  fish: (words: readonly string[]) => `
    backup-run completion fish | source
    complete -C ${quoted(words.join(' '))} | string replace -r '\\t.*' ''; true`,
} as const;

type Shell = keyof typeof SHELLS;

function quoted(word: string): string {
  return `'${word}'`;
}

async function offered(shell: Shell, words: readonly string[], root: string): Promise<string[]> {
  const environment = { PATH: `${BIN}:${process.env['PATH']}`, BACKUP_ROOT: root };
  const flags = { bash: ['--norc'], zsh: ['-f'], fish: ['--no-config'] }[shell];
  const { stdout, stderr, code } = await attend(shell, [...flags, '-c', SHELLS[shell](words)], {
    environment,
  }).ended;
  expect({ stderr, code }).toStrictEqual({ stderr: '', code: 0 });
  return stdout.split('\n').filter(Boolean);
}

describe.each(Object.keys(SHELLS) as Shell[])('the completion script of %s', (shell) => {
  const skipped = lacks(`completion in ${shell}`, shell);
  const none = '/no/such/root';

  it.skipIf(skipped)('completes subcommands, options, their values and shells', async () => {
    expect(await offered(shell, ['backup-run', ''], none)).toEqual(sortedFor(shell, SUBCOMMANDS));
    expect(await offered(shell, ['backup-run', 'ver'], none)).toEqual(['verify']);
    expect(await offered(shell, ['backup-run', 'verify', '--la'], none)).toEqual(
      sortedFor(shell, ['--latest', '--latest-restorable']),
    );
    expect(await offered(shell, ['backup-run', 'show', '--level', 's'], none)).toEqual(['size']);
    expect(await offered(shell, ['backup-run', 'completion', 'f'], none)).toEqual(['fish']);
  });

  it.skipIf(skipped)('completes run ids of the root, also of one that is typed', async () => {
    const root = twoRuns();
    const ids = sortedFor(shell, [RUN_ID, OTHER]);
    expect(await offered(shell, ['backup-run', 'show', ''], root)).toEqual(ids);
    expect(await offered(shell, ['backup-run', 'show', '20260628'], root)).toEqual([OTHER]);
    expect(
      await offered(shell, ['backup-run', '--root', root, 'verify', '--quiet', OTHER, '2'], none),
    ).toEqual(ids);
    expect(await offered(shell, ['backup-run', 'show', ''], none)).toEqual([]);
  });
});

/** fish sorts what it offers. */
function sortedFor(shell: Shell, words: readonly string[]): readonly string[] {
  return shell === 'fish' ? words.toSorted() : words;
}

describe('the completion script of bash', () => {
  it.skipIf(lacks('completion in bash', 'bash'))(
    'knows that bash breaks words at =, and completes directories',
    async () => {
      const root = twoRuns();
      const words = ['backup-run', 'show', '--root', '=', root, ''];
      expect(await offered('bash', words, '/no/such/root')).toEqual([RUN_ID, OTHER]);
      expect(await offered('bash', ['backup-run', 'show', '--level', '=', 'd'], root)).toEqual(['digest']);
      expect(await offered('bash', ['backup-run', 'show', '--level', '='], root)).toEqual([
        'digest',
        'size',
        'none',
      ]);
      expect(await offered('bash', ['backup-run', '--root', root.slice(0, -1)], root)).toEqual([root]);
      expect(await offered('bash', ['backup-run', '--root', '=', root.slice(0, -1)], root)).toEqual([root]);
    },
  );
});

describe('wantedFor()', () => {
  const words = (...typed: string[]): readonly string[] | string => {
    const wanted = completionFor(typed);
    return wanted.kind === 'words' ? wanted.words : wanted.kind;
  };

  it('is what may stand there', () => {
    expect(words('')).toEqual(SUBCOMMANDS);
    expect(words('sh')).toEqual(SUBCOMMANDS);
    expect(words('list', '')).toEqual([]);
    expect(words('list', '--j')).toContain('--ndjson');
    expect(words('show', '--n')).not.toContain('--ndjson');
    expect(words('--ro')).toContain('--root');
    expect(words('show', '--root', '')).toBe('directories');
    expect(words('show', '--root=/s')).toBe('directories');
    expect(words('show', '--threads', '')).toEqual([]);
    expect(words('show', '--level=')).toEqual(['--level=digest', '--level=size', '--level=none']);
    expect(words('list', '--type', 'full,s')).toEqual(['full,full', 'full,scoped']);
    expect(words('list', '--type=full,s')).toEqual(['--type=full,full', '--type=full,scoped']);
    expect(words('--quiet', 'verify', '')).toBe('run ids');
    expect(words('show', '--frobnicate', '')).toBe('run ids');
    expect(words('')).toEqual(SUBCOMMANDS);
    expect(completionFor(['--root', '/a', '--root=/b', 'show', ''])).toEqual({ kind: 'run ids', root: '/b' });
    expect(completionFor([])).toEqual({ kind: 'words', words: SUBCOMMANDS });
  });
});

it('joined() puts together what bash took apart', () => {
  expect(joinWords(['show', '--root', '=', '/a', 'x'])).toEqual(['show', '--root=/a', 'x']);
  expect(joinWords(['show', '--root', '='])).toEqual(['show', '--root=']);
  expect(joinWords(['a', '=', 'b'])).toEqual(['a', '=', 'b']);
  expect(joinWords([])).toEqual([]);
});

describe('backup-run __complete', () => {
  it('is silent whatever is wrong', async () => {
    for (const args of [[], ['show', '--root', '/no/such/root', ''], ['\u0000'.slice(1), '--', '=']]) {
      const end = await run(['__complete', ...args]);
      expect(end).toMatchObject({ stderr: '', code: 0 });
    }
  });
});
