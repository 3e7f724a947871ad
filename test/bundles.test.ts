import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { beforeAll, describe, expect, it } from 'vitest';
import webpack from 'webpack';
import { SPEC_ROOT, SPEC_RUN_ID } from './support/fixtures.ts';
import { scratch } from './support/scratch.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);

/** What a consumer writes: it tells what was answered, and whether threads were had. */
const CONSUMER = `
  import { subscribe } from 'node:diagnostics_channel';
  import { createInspector } from 'backup-run-inspector';
  let threads = 'threads';
  subscribe('backup-run-inspector:fallback', ({ reason }) => { threads = String(reason); });
  const inspector = createInspector({ root: process.argv[2], threads: 2 });
  inspector.getBackupRun({ run_id: process.argv[3] }).then(async (answer) => {
    await inspector.close();
    console.log(answer.ok && answer.run.status, answer.coverage.complete, threads);
  });
`;

/** A project that has the library as it would be installed. */
const HOME = join(scratch(), 'project');
/** The same where the path has what paths may have. */
const ODD = join(scratch(), 'a # path % with spaces');
const INSTALLED = join(HOME, 'node_modules/backup-run-inspector');
const ENTRY = join(HOME, 'consumer.mjs');

beforeAll(async () => {
  mkdirSync(INSTALLED, { recursive: true });
  await run('npx', ['tsup', '--silent', '--no-dts', '--out-dir', join(INSTALLED, 'dist')], { cwd: PROJECT });
  cpSync(join(PROJECT, 'package.json'), join(INSTALLED, 'package.json'));
  // Its dependencies, where they are installed already.
  symlinkSync(join(PROJECT, 'node_modules'), join(INSTALLED, 'node_modules'));
  writeFileSync(ENTRY, CONSUMER);
}, 60_000);

/** Makes one file of everything. */
const BUNDLERS: Readonly<Record<string, (outfile: string, format: 'esm' | 'cjs') => Promise<unknown>>> = {
  esbuild: (outfile, format) =>
    build({
      entryPoints: [ENTRY],
      outfile,
      bundle: true,
      minify: true,
      platform: 'node',
      format,
      ...(format === 'esm' && {
        banner: {
          js: "import { createRequire as R } from 'node:module'; const require = R(import.meta.url);",
        },
      }),
    }),
  rollup: async (file, format) => {
    const bundle = await rollup({
      input: ENTRY,
      external: [/^node:/, 'fast-glob', 'valibot'],
      plugins: [
        {
          name: 'installed',
          resolveId: (id) => (id === 'backup-run-inspector' ? join(INSTALLED, 'dist/index.js') : null),
        },
      ],
      onwarn: () => undefined,
    });
    await bundle.write({ file, format });
  },
  webpack: (outfile, format) =>
    new Promise((resolve, reject) => {
      webpack(
        {
          entry: ENTRY,
          target: 'node20',
          mode: 'production',
          // Its own analysis of what `braces` uses ends in an internal error.
          optimization: { usedExports: false },
          output: {
            path: join(outfile, '..'),
            filename: outfile.split('/').at(-1)!,
            ...(format === 'esm' && { module: true, library: { type: 'module' } }),
          },
          experiments: { outputModule: format === 'esm' },
        },
        (fault, stats) =>
          (fault ?? stats?.hasErrors())
            ? reject(fault ?? new Error(stats?.toString('errors-only')))
            : resolve(stats),
      );
    }),
};

describe.each(Object.keys(BUNDLERS))('the library, made part of one file by %s,', (bundler) => {
  it.each(['esm', 'cjs'] as const)('inspects with threads as %s', { timeout: 60_000 }, async (format) => {
    const outfile = join(INSTALLED, `${bundler}-${format}.${format === 'esm' ? 'mjs' : 'cjs'}`);
    await BUNDLERS[bundler]!(outfile, format);
    const { stdout, stderr } = await run(process.execPath, [outfile, SPEC_ROOT, SPEC_RUN_ID]);
    expect({ stdout, stderr }).toStrictEqual({ stdout: 'completed true threads\n', stderr: '' });
  });
});

describe('the library, as it is installed,', () => {
  it('inspects with threads when it is imported, required, and both in one process', async () => {
    const both = `import { createRequire } from 'node:module'; createRequire(import.meta.url)('./required.cjs');`;
    const required = CONSUMER.replace(/import (.*) from '(.*)';/g, "const $1 = require('$2');");
    cpSync(HOME, ODD, { recursive: true, verbatimSymlinks: true });
    writeFileSync(join(ODD, 'required.cjs'), required);
    writeFileSync(join(ODD, 'both.mjs'), `${both}\n${CONSUMER}`);
    const { stdout, stderr } = await run(process.execPath, [join(ODD, 'both.mjs'), SPEC_ROOT, SPEC_RUN_ID]);
    const line = 'completed true threads\n';
    expect({ stdout, stderr }).toStrictEqual({ stdout: line + line, stderr: '' });
  });
});
