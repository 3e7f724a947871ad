import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { program } from '../support/program.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const NOTICES = 'THIRD-PARTY-LICENSES.txt';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly files?: readonly string[];
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function manifestOf(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
}

/** The directory of the package that a module belongs to. */
function packageOf(module: string): string {
  let directory = dirname(module);
  while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory);
  return directory;
}

/** The packages of which something is in the package as it is shipped, by its source maps. */
async function bundled(): Promise<string[]> {
  const cli = await program();
  const maps = ['cli.js', 'index.js'].map((file) => join(dirname(cli), `${file}.map`));
  const modules = maps.flatMap((path) => {
    const { sources } = JSON.parse(readFileSync(path, 'utf8')) as { sources: readonly string[] };
    return sources.map((source) => resolve(dirname(path), source));
  });
  return [...new Set(modules.filter((each) => each.includes('/node_modules/')).map(packageOf))];
}

/** The notice of a package: a title, and the text of its licence as it stands in the package. */
function noticeOf(directory: string): string {
  const { name, version, license } = manifestOf(directory);
  const file = readdirSync(directory).find((each) => /^licen[cs]e/i.test(each));
  const text = readFileSync(join(directory, file ?? `no licence of ${name}`), 'utf8');
  return `${name} ${version} (${license})\n\n${text.replaceAll('\r\n', '\n').trim()}\n`;
}

const RULE = `\n${'-'.repeat(72)}\n\n`;

it(
  'ships the licence of every package of which something is in the builds, and of no other',
  { timeout: 300_000 },
  async () => {
    const [head, ...notices] = readFileSync(join(PROJECT, NOTICES), 'utf8').split(RULE);
    const directories = await bundled();
    // What is meant to be there is there.
    const names = directories.map((directory) => manifestOf(directory).name);
    expect(names).toEqual(
      expect.arrayContaining([
        'damerau-levenshtein',
        'filesize',
        'pretty-ms',
        'string-width',
        'tinyqueue',
        'wrap-ansi',
      ]),
    );
    expect(notices).toEqual(directories.map(noticeOf).toSorted());
    expect(head).toContain('dist/cli.js');
    expect(head).toContain('dist/index.js');
    expect(manifestOf(PROJECT).files).toContain(NOTICES);
  },
);
