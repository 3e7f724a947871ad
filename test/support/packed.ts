/** A project that has the library installed as it would be published: built, packed, unpacked. */

import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { scratch } from './scratch.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

const TSUP = join(PROJECT, 'node_modules/tsup/dist/cli-default.js');

const { version, files } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly files: readonly string[];
};

/** What a package is made of beside its build: what npm takes by itself, and the files and folders that are listed. */
const BESIDE = [
  'package.json',
  'README.md',
  'LICENSE',
  ...files.filter((name) => name !== 'dist').map((name) => name.replace(/\/\*\.md$/, '')),
];

const run = promisify(execFile);

export interface Installed {
  /** A project that depends on the library. */
  readonly project: string;
  /** The library in it. */
  readonly library: string;
  /** The package as it would be published. */
  readonly tarball: string;
}

let installing: Promise<Installed> | null = null;

/** Installs the library once for all tests of a file, away from `dist/`, which other tests build anew; its types take most of the time. */
export function installed({ types = false } = {}): Promise<Installed> {
  installing ??= install(types ? [] : ['--no-dts']);
  return installing;
}

async function install(flags: readonly string[]): Promise<Installed> {
  const source = join(scratch(), 'source');
  const project = join(scratch(), 'project');
  const library = join(project, 'node_modules/backup-run-inspector');
  mkdirSync(source);
  await run(process.execPath, [TSUP, '--silent', ...flags, '--out-dir', join(source, 'dist')], {
    cwd: PROJECT,
  });
  for (const name of BESIDE) cpSync(join(PROJECT, name), join(source, name), { recursive: true });
  await run('npm', ['pack', '--silent', '--ignore-scripts'], { cwd: source });
  const tarball = join(source, `backup-run-inspector-${version}.tgz`);
  mkdirSync(library, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', library, '--strip-components=1']);
  // Deno gives a program nothing that its package does not name.
  const dependencies = { 'backup-run-inspector': version };
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, dependencies }));
  // Its dependencies, where they are installed already.
  for (const name of ['fast-glob', 'valibot']) {
    symlinkSync(join(PROJECT, 'node_modules', name), join(project, 'node_modules', name), 'junction');
  }
  return { project, library, tarball };
}
