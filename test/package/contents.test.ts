import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { tell } from '../support/needs.ts';
import { installed, type Installed } from '../support/packed.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

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
      expect(shipped(file).split('\n').length, file).toBeGreaterThan(200);
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

/** The relative links of a Markdown text, outside of code: where they lead, and the anchor in it. */
function linksOf(text: string): (readonly [target: string, anchor: string | undefined])[] {
  const prose = text.replaceAll(/^```.*?^```$/gms, '').replaceAll(/`[^`\n]*`/g, '');
  const targets = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)/g), ...prose.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)];
  return targets
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target))
    .map((target) => target.split('#'))
    .map(([path = '', anchor]) => [path, anchor]);
}

/** The anchors of a text's headings, as those who show Markdown make them. */
function anchorsOf(text: string): string[] {
  const headings = text.replaceAll(/^```.*?^```$/gms, '').matchAll(/^#+ +(.*)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

/** The links of the Markdown files of a folder that lead nowhere. */
function broken(folder: string, names: readonly string[]): string[] {
  return names.flatMap((name) =>
    linksOf(readFileSync(join(folder, name), 'utf8')).flatMap(([path, anchor]) => {
      const target = path === '' ? join(folder, name) : join(folder, dirname(name), decodeURI(path));
      const leads =
        existsSync(target) &&
        (anchor === undefined || anchorsOf(readFileSync(target, 'utf8')).includes(decodeURI(anchor)));
      return leads ? [] : [`${name}: ${path}${anchor === undefined ? '' : `#${anchor}`}`];
    }),
  );
}

describe('the links of documents', () => {
  const isDocument = (file: string): boolean => file.endsWith('.md') && !file.includes('node_modules/');

  it('lead to what is in the package, in the package', () => {
    const documents = files.filter(isDocument);
    expect(documents).toEqual(expect.arrayContaining(['README.md', 'CHANGELOG.md', 'docs/versions.md']));
    expect(documents.flatMap((file) => linksOf(shipped(file)))).not.toEqual([]);
    expect(broken(places.library, documents)).toEqual([]);
  });

  it('lead to what is there, in the repository', () => {
    const folders = ['.', 'docs', '.github', '.changeset'].filter((folder) =>
      existsSync(join(PROJECT, folder)),
    );
    const documents = folders
      .flatMap((folder) =>
        readdirSync(join(PROJECT, folder), { recursive: folder !== '.', encoding: 'utf8' }).map((name) =>
          join(folder, name),
        ),
      )
      .filter(isDocument);
    expect(documents).toContain('CONTRIBUTING.md');
    expect(broken(PROJECT, documents)).toEqual([]);
  });
});
