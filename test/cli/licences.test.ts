import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const BUNDLED = pathToFileURL(join(PROJECT, 'scripts/bundled.mjs')).href;
const execute = promisify(execFile);
const NOTICES = 'THIRD-PARTY-LICENSES.txt';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly files?: readonly string[];
}

function manifestOf(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
}

/** The packages of which something is in the package as it is shipped, by what esbuild tells of all that is built. */
async function bundled(): Promise<string[]> {
  const script = `import { bundledPackages } from ${JSON.stringify(BUNDLED)};
    console.log(JSON.stringify(await bundledPackages()));`;
  const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', script]);
  return (JSON.parse(stdout) as string[]).map((directory) => join(PROJECT, directory));
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
    const [head = '', ...notices] = readFileSync(join(PROJECT, NOTICES), 'utf8').split(RULE);
    const directories = await bundled();
    // What is meant to be there is there, also what the programs of threads are made of.
    const names = directories.map((directory) => manifestOf(directory).name);
    expect(names).toEqual(
      expect.arrayContaining([
        'damerau-levenshtein',
        'fast-glob',
        'filesize',
        'micromatch',
        'pretty-ms',
        'string-width',
        'tinyqueue',
        'valibot',
        'wrap-ansi',
      ]),
    );
    expect(notices).toEqual(directories.map(noticeOf).toSorted());
    for (const file of ['dist/cli.js', 'dist/index.js', 'dist/programs/']) expect(head).toContain(file);
    expect(manifestOf(PROJECT).files).toContain(NOTICES);
  },
);

interface Component {
  readonly 'bom-ref': string;
  readonly properties?: readonly { readonly name: string }[];
}

interface Bill {
  readonly bomFormat: string;
  readonly metadata: { readonly component: { readonly name: string } };
  readonly components: readonly Component[];
}

it(
  'tells in its bill of materials what is installed with it, and what it holds already, and nothing else',
  { timeout: 300_000 },
  async () => {
    const script = join(PROJECT, 'scripts/sbom.mjs');
    const { stdout } = await execute(process.execPath, [script], { maxBuffer: 1 << 26 });
    const { bomFormat, metadata, components } = JSON.parse(stdout) as Bill;
    expect({ bomFormat, name: metadata.component.name }).toEqual({
      bomFormat: 'CycloneDX',
      name: manifestOf(PROJECT).name,
    });
    const held = components.filter(({ properties = [] }) =>
      properties.some(({ name }) => name === 'backup-run-inspector:bundled'),
    );
    const expected = (await bundled()).map(manifestOf).map(({ name, version }) => `${name}@${version}`);
    expect(held.map((component) => component['bom-ref']).toSorted()).toEqual(expected.toSorted());
    // What is installed with it stands in the programs of its threads too.
    expect(components).toHaveLength(held.length);
  },
);
