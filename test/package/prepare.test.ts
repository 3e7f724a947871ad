import { execFile, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { SPEC_ROOT, SPEC_RUN_ID } from '../support/fixtures.ts';
import { lacks } from '../support/needs.ts';
import { scratch } from '../support/scratch.ts';

const run = promisify(execFile);
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** What comes from the cache is not asked for again. */
const QUIETLY = ['--prefer-offline', '--no-audit', '--no-fund'];

/** Nothing of the npm that runs the tests reaches the one that installs. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
}

/** The files of the repository, as they are now. */
function sources(): string[] | null {
  const { status, stdout } = spawnSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: PROJECT, encoding: 'utf8' },
  );
  if (status !== 0) return null;
  return stdout.split('\0').filter((file) => file !== '' && existsSync(join(PROJECT, file)));
}

describe.skipIf(
  lacks('an installation from sources', 'the npm registry', 'a git repository', 'the Node that npm runs on'),
)('prepare', () => {
  it('does nothing where the tools of development are left out', { timeout: 300_000 }, async () => {
    const folder = join(scratch(), 'production');
    mkdirSync(folder);
    for (const name of ['package.json', 'package-lock.json', '.npmrc', 'scripts', 'src', 'tsup.config.ts'])
      cpSync(join(PROJECT, name), join(folder, name), { recursive: true });
    await run('npm', ['ci', '--omit=dev', ...QUIETLY], { cwd: folder, env: environment() });
    expect(readdirSync(join(folder, 'node_modules'))).toEqual(
      expect.arrayContaining(['fast-glob', 'valibot']),
    );
    expect(existsSync(join(folder, 'node_modules/tsup'))).toBe(false);
    expect(existsSync(join(folder, 'dist'))).toBe(false);
  });

  it('builds what is installed from git', { timeout: 600_000 }, async () => {
    const origin = join(scratch(), 'origin');
    const home = join(scratch(), 'home');
    mkdirSync(home);
    for (const file of sources() ?? []) {
      mkdirSync(dirname(join(origin, file)), { recursive: true });
      cpSync(join(PROJECT, file), join(origin, file));
    }
    const git = (...args: readonly string[]): ReturnType<typeof run> =>
      run('git', ['-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args], { cwd: origin });
    await git('init', '--quiet');
    await git('add', '--all');
    await git('commit', '--quiet', '--message', 'Everything');
    writeFileSync(join(home, 'package.json'), JSON.stringify({ name: 'home', private: true }));
    await run('npm', ['install', ...QUIETLY, `git+${pathToFileURL(origin).href}`], {
      cwd: home,
      env: environment(),
    });
    const manifest = readFileSync(join(home, 'node_modules/backup-run-inspector/package.json'), 'utf8');
    expect(manifest).toContain('"name": "backup-run-inspector"');
    const asked = ['--offline', 'backup-run', 'show', '--root', SPEC_ROOT, SPEC_RUN_ID];
    const { stdout } = await run('npx', asked, { cwd: home, env: environment() });
    expect(stdout).toMatch(/\nSound: 1 artifact, 1.05 MB, all verified.\n$/);
    for (const entry of ['.', '/format', '/validators']) {
      const program = `import('backup-run-inspector${entry.replace('.', '')}').then((all) => console.log(Object.keys(all).length > 0))`;
      const printed = await run(process.execPath, ['--eval', program], { cwd: home });
      expect(printed, entry).toEqual({ stdout: 'true\n', stderr: '' });
    }
  });
});
