import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import * as v from 'valibot';
import * as format from '../../src/format.ts';
import * as library from '../../src/index.ts';
import { lacks } from '../support/needs.ts';
import { installed } from '../support/packed.ts';
import { scratch } from '../support/scratch.ts';

const run = promisify(execFile);
const CONSUMERS = fileURLToPath(new URL('../consumers/', import.meta.url));
const MOST_BYTES_OF_THE_GUARD = 2_000;

const GUARD = `export { isBackupRunError } from 'backup-run-inspector/format';`;
const EVERYTHING = `export * from 'backup-run-inspector/format';`;

/** A page of which the guard is all it takes from the library. */
const PAGE = `
  import { isBackupRunError } from 'backup-run-inspector/format';
  console.log(isBackupRunError({ code: 'BUSY', httpCode: 503, message: '' }), isBackupRunError(new Error('BUSY')));
`;

let project: string;

beforeAll(async () => {
  ({ project } = await installed());
}, 120_000);

/** Makes one file for browsers of a program and of what it needs from the installed package, or fails for whatever is none of it. */
async function bundled(contents: string): Promise<string> {
  const { outputFiles, warnings } = await build({
    stdin: { contents, resolveDir: project },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  return outputFiles.map(({ text }) => text).join();
}

/** What a module exports, told by the values' own sources: two builds of a schema are two objects. */
async function exportsOf(text: string): Promise<Record<string, unknown>> {
  const url = `data:text/javascript,${encodeURIComponent(text)}`;
  return (await import(url)) as Record<string, unknown>;
}

describe('backup-run-inspector/format', () => {
  it('is built for browsers, with nothing of Node', async () => {
    const text = await bundled(EVERYTHING);
    expect(text).not.toMatch(/\bnode:|\brequire\b|\bprocess\b|\bBuffer\b/);
    expect(Object.keys(await exportsOf(text)).toSorted()).toEqual(Object.keys(format).toSorted());
  });

  it('costs whoever takes the guard of errors alone less than 2 kB, and nothing of valibot', async () => {
    const text = await bundled(GUARD);
    expect(text.length).toBeLessThan(MOST_BYTES_OF_THE_GUARD);
    // The schemas are seen where they are.
    expect((await bundled(EVERYTHING)).length).toBeGreaterThan(MOST_BYTES_OF_THE_GUARD);
    const { isBackupRunError } = await exportsOf(text);
    expect(String(isBackupRunError)).toMatch(/^function/);
  });

  it.each(['import', 'require'])('is found by %s', async (way) => {
    const program = join(project, `format.${way === 'import' ? 'mjs' : 'cjs'}`);
    const statement =
      way === 'import'
        ? `import * as format from 'backup-run-inspector/format';`
        : `const format = require('backup-run-inspector/format');`;
    writeFileSync(program, `${statement}\nconsole.log(Object.keys(format).toSorted().join());`);
    const { stdout, stderr } = await run(process.execPath, [program]);
    expect({ stdout, stderr }).toEqual({ stdout: `${Object.keys(format).toSorted().join()}\n`, stderr: '' });
  });

  it('gives what the library gives under the same names', () => {
    const values = Object.entries(format);
    expect(values.length).toBeGreaterThan(0);
    for (const [name, value] of values) expect(Reflect.get(library, name), name).toBe(value);
  });

  it('validates manifests', () => {
    expect(v.is(format.runManifestSchema, {})).toBe(false);
    expect(v.is(format.participantManifestSchema, {})).toBe(false);
  });
});

const lacksTools = lacks('a page that is bundled', 'tools of consumers (npm ci --prefix test/consumers)');

describe.skipIf(lacksTools).each(['rollup', 'webpack'])('a page, made one file by %s,', (bundler) => {
  it('has no schemas in it when it takes the guard of errors alone', { timeout: 120_000 }, async () => {
    const entry = join(project, 'page.mjs');
    const outfile = join(scratch(), `page-${bundler}.mjs`);
    writeFileSync(entry, PAGE);
    await run(process.execPath, [join(CONSUMERS, 'bundle.mjs'), bundler, 'esm', entry, outfile]);
    expect(existsSync(outfile)).toBe(true);
    const { stdout } = await run(process.execPath, [outfile]);
    expect(stdout).toBe('true false\n');
    const { outputFiles } = await build({ entryPoints: [outfile], minify: true, write: false });
    expect(outputFiles[0]?.text.length).toBeLessThan(MOST_BYTES_OF_THE_GUARD);
  });
});
