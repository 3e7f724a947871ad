import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { deadLinks, linksOf, PROJECT } from '../support/documents.ts';
import { tell } from '../support/needs.ts';
import { installed, type Installed } from '../support/packed.ts';

/** What the package may weigh, as it is sent. */
const MOST_BYTES = 260_000;

interface Conditions {
  readonly types: string;
  readonly default: string;
}

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly exports: Readonly<
    Record<string, string | { readonly import: Conditions; readonly require: Conditions }>
  >;
}

const manifest = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as Manifest;

let places: Installed;
let files: readonly string[];

beforeAll(async () => {
  places = await installed({ types: true });
  files = readdirSync(places.library, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => statSync(join(places.library, file)).isFile());
}, 300_000);

const shipped = (file: string): string => readFileSync(join(places.library, file), 'utf8');

describe('the package, as it is packed,', () => {
  it('is below 260 kB', () => {
    const { size } = statSync(places.tarball);
    tell(`the package has ${size} bytes`);
    expect(size).toBeLessThan(MOST_BYTES);
  });

  it('names no source map that is not there', () => {
    const named = files
      .filter((file) => /\.[cm]?[jt]s$/.test(file))
      .flatMap((file) =>
        [...shipped(file).matchAll(/[#@]\s*sourceMappingURL=(?!data:)(\S+)/g)].map(([, map = '']) =>
          join(dirname(file), map),
        ),
      );
    expect(named.filter((map) => !files.includes(map))).toEqual([]);
    expect(files.filter((file) => file.endsWith('.map') && !named.includes(file))).toEqual([]);
  });

  it('keeps the names of functions, and lines of which a stack can tell one', () => {
    const line = shipped('dist/index.js')
      .split('\n')
      .find((each) => each.includes('function getBackupRun'));
    expect(line).toMatch(/\bfunction getBackupRun\(/);
    for (const file of ['dist/index.js', 'dist/index.cjs', 'dist/validators.js', 'dist/cli.js'])
      expect(shipped(file).length / shipped(file).split('\n').length, file).toBeLessThan(600);
  });

  it('has every file that it names, and types for ESM that are those for CommonJS', () => {
    const targets = Object.values(manifest.exports).flatMap((target) =>
      typeof target === 'string'
        ? [target]
        : [target.import, target.require].flatMap((each) => Object.values(each)),
    );
    const named = [...targets, ...Object.values(manifest.bin)].map((target) => target.replace(/^\.\//, ''));
    expect(named.filter((file) => !files.includes(file))).toEqual([]);
    for (const target of Object.values(manifest.exports)) {
      if (typeof target === 'string') continue;
      const build = relative(dirname(target.import.types), target.require.types).replace('.d.cts', '.cjs');
      expect(shipped(target.import.types).trim()).toBe(`export * from '${build.replaceAll('\\', '/')}';`);
    }
  });

  it('takes newer versions of what it depends on, within their major version', () => {
    expect(Object.keys(manifest.dependencies).toSorted()).toEqual(['fast-glob', 'valibot']);
    for (const range of Object.values(manifest.dependencies)) expect(range).toMatch(/^\^\d+\.\d+\.\d+$/);
  });

  it('needs no correction before it is published', async () => {
    const dry = ['publish', '--dry-run', '--ignore-scripts', '--json', '--offline'];
    const { stderr } = await promisify(execFile)('npm', dry, { cwd: places.library, env: environment() });
    expect(stderr).not.toMatch(/npm pkg fix|errors corrected|was cleaned|normalized/);
  });
});

/** Nothing of the npm that runs the tests reaches the one that is asked. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
}

describe('the links of documents', () => {
  it('lead to what is in the package, in the package', () => {
    const documents = files.filter((file) => file.endsWith('.md') && !file.includes('node_modules/'));
    expect(documents).toEqual(expect.arrayContaining(['README.md', 'SECURITY.md', 'docs/versions.md']));
    expect(documents.flatMap((file) => linksOf(shipped(file)))).not.toEqual([]);
    expect(documents.flatMap((file) => deadLinks(places.library, file))).toEqual([]);
  });
});
