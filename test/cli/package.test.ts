import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { SPEC_ROOT, SPEC_RUN_ID } from '../support/fixtures.ts';
import { attend, program, VERSION } from '../support/program.ts';
import { temporaryDirectory } from '../support/runs.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const execute = promisify(execFile);

it(
  'npm pack, npm install and npx backup-run show work in an empty folder',
  { timeout: 300_000 },
  async () => {
    const home = dirname(dirname(await program()));
    for (const name of ['README.md', 'LICENSE']) copyFileSync(join(PROJECT, name), join(home, name));
    const directory = temporaryDirectory();
    const empty = join(directory, 'empty');
    mkdirSync(empty);
    // What is packed was built for this test, and nothing has to be prepared.
    await execute('npm', ['pack', '--ignore-scripts', '--pack-destination', directory], { cwd: home });
    const tarball = join(directory, `backup-run-inspector-${VERSION}.tgz`);
    const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--no-save'];
    await execute('npm', ['install', ...quiet, tarball], { cwd: empty });
    const asked = ['--offline', 'backup-run', 'show', '--root', SPEC_ROOT, SPEC_RUN_ID];
    const { stdout } = await execute('npx', asked, { cwd: empty });
    expect(stdout).toMatch(
      /^Backup run 20260629-121045-000001\n[^]*\nSound: 1 artifact, 1.05 MB, all verified.\n$/,
    );
    // The command line has no library of its own.
    const dist = join(empty, 'node_modules/backup-run-inspector/dist');
    const cli = readFileSync(join(dist, 'cli.js'), 'utf8');
    expect(readdirSync(dist)).toEqual(expect.arrayContaining(['cli.js', 'index.js']));
    expect(cli.startsWith('#!/usr/bin/env node\n')).toBe(true);
    expect(cli).not.toContain('Worker(');
  },
);

const HOOK = `
  import { writeSync } from 'node:fs';
  export async function load(url, context, next) {
    writeSync(2, url + String.fromCharCode(10));
    return next(url, context);
  }`;
const dataUrl = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;
const PRELOAD = dataUrl(
  `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(HOOK))});`,
);

/** The modules that an invocation loads, without those of Node. */
async function loaded(...args: readonly string[]): Promise<string[]> {
  const { stderr, code } = await attend(process.execPath, ['--import', PRELOAD, await program(), ...args])
    .ended;
  expect(code, stderr).toBe(0);
  const urls = stderr.split('\n').filter((url) => url.startsWith('file:'));
  return urls.map((url) => url.replace(/^.*\/backup-run-inspector\//, ''));
}

it(
  'backup-run loads the library when it needs it, and nothing of it before',
  { timeout: 300_000 },
  async () => {
    const alone = ['dist/cli.js'];
    expect(await loaded('--version')).toEqual(alone);
    expect(await loaded('--help')).toEqual(alone);
    expect(await loaded('verify', '--help')).toEqual(alone);
    expect(await loaded('completion', 'bash')).toEqual(alone);
    expect(await loaded('__complete', '')).toEqual(alone);
    expect(await loaded('show', '--root', SPEC_ROOT, SPEC_RUN_ID)).toContain('dist/index.js');
  },
);
