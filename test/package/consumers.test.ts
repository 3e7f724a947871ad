import { execFile } from 'node:child_process';
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { SPEC_ROOT, SPEC_RUN_ID } from '../support/fixtures.ts';
import { lacks } from '../support/needs.ts';
import { installed } from '../support/packed.ts';
import { scratch } from '../support/scratch.ts';

const run = promisify(execFile);
const CONSUMERS = fileURLToPath(new URL('../consumers/', import.meta.url));
const PATIENCE = 120_000;

/** What a consumer writes: it tells what was answered, what a validator said, and whether threads were had. */
const PROGRAM = `
  import { subscribe } from 'node:diagnostics_channel';
  import { createInspector } from 'backup-run-inspector';
  import { json, sqlite } from 'backup-run-inspector/validators';
  let threads = 'threads';
  subscribe('backup-run-inspector:fallback', ({ reason }) => { threads = String(reason); });
  const inspector = createInspector({ root: process.argv[2], threads: 2, validators: [json({ names: /db$/ })] });
  inspector.getBackupRun({ run_id: process.argv[3] }).then(async (answer) => {
    await inspector.close();
    const [{ actual }] = answer.findings;
    console.log(answer.ok && answer.run.status, answer.coverage.complete, actual, sqlite().name, threads);
  });
`;
const REQUIRING = PROGRAM.replace(/import (.*) from '(.*)';/g, "const $1 = require('$2');");
const PRINTED =
  'completed false validator "json" says: it has the name of JSON, but begins like an SQLite database sqlite threads\n';

/** What a program prints about the spec's run. */
async function inspect(program: string): Promise<{ stdout: string; stderr: string }> {
  return run(process.execPath, [program, SPEC_ROOT, SPEC_RUN_ID]);
}

let project: string;

beforeAll(async () => {
  ({ project } = await installed({ types: true }));
  writeFileSync(join(project, 'imports.mjs'), PROGRAM);
  writeFileSync(join(project, 'requires.cjs'), REQUIRING);
  writeFileSync(join(project, 'both.mjs'), `import './requires.cjs';\n${PROGRAM}`);
}, PATIENCE);

describe('the library, as it is installed,', () => {
  it.each([
    ['is imported', 'imports.mjs', PRINTED],
    ['is required', 'requires.cjs', PRINTED],
    ['is both in one process', 'both.mjs', PRINTED + PRINTED],
  ])('inspects with threads when it %s', async (_, program, stdout) => {
    expect(await inspect(join(project, program))).toStrictEqual({ stdout, stderr: '' });
  });

  it('inspects with threads at a path with what paths may have', async () => {
    const odd = join(scratch(), 'a # path % with %20 spaces?');
    cpSync(project, odd, { recursive: true, verbatimSymlinks: true });
    const stdout = PRINTED + PRINTED;
    expect(await inspect(join(odd, 'both.mjs'))).toStrictEqual({ stdout, stderr: '' });
  });

  it('gives its JSON Schemas by name', async () => {
    const program = join(project, 'schemas.cjs');
    const names = ['run-manifest', 'participant-manifest'];
    const ids = names.map((name) => `require('backup-run-inspector/schemas/${name}.json').$id`);
    writeFileSync(program, `console.log(${ids.join()});`);
    const stdout = `${names.map((name) => `urn:backup-run-inspector:${name}:1`).join(' ')}\n`;
    expect(await inspect(program)).toStrictEqual({ stdout, stderr: '' });
  });
});

const lacksTools = lacks(
  'a consumer that compiles or bundles',
  'tools of consumers (npm ci --prefix test/consumers)',
);

describe.skipIf(lacksTools).each(['esbuild', 'rollup', 'webpack'])(
  'the library, made part of one file by %s,',
  (bundler) => {
    it.each(['esm', 'cjs'])('inspects with threads as %s', { timeout: PATIENCE }, async (format) => {
      // Where nothing is installed.
      const outfile = join(scratch(), `${bundler}-${format}.${format === 'esm' ? 'mjs' : 'cjs'}`);
      const entry = join(project, 'imports.mjs');
      await run(process.execPath, [join(CONSUMERS, 'bundle.mjs'), bundler, format, entry, outfile]);
      expect(await inspect(outfile)).toStrictEqual({ stdout: PRINTED, stderr: '' });
    });
  },
);

/** How a consumer may compile; the files are the same program. */
const WAYS = {
  nodenext: { module: 'nodenext', files: ['consumer.mts', 'consumer.cts'] },
  bundler: { module: 'esnext', moduleResolution: 'bundler', files: ['consumer.ts'] },
  node10: { module: 'commonjs', moduleResolution: 'node10', files: ['consumer.ts'] },
} as const;

/** TypeScript 7 knows node10 no more, and 6 complains of it. */
const COMPILATIONS = ['5.5', '5.9', '6', '7'].flatMap((version) =>
  (['nodenext', 'bundler', 'node10'] as const)
    .filter((way) => way !== 'node10' || version.startsWith('5.'))
    .map((way) => ({ version, way })),
);

describe.skipIf(lacksTools)('the types, with those of the dependencies checked too,', () => {
  beforeAll(() => {
    for (const name of ['consumer.ts', 'consumer.mts', 'consumer.cts'])
      cpSync(join(CONSUMERS, 'consumer.ts'), join(project, name));
    symlinkSync(join(CONSUMERS, 'node_modules/@types'), join(project, 'node_modules/@types'), 'junction');
  });

  it.each(COMPILATIONS)(
    'are accepted by TypeScript $version as $way',
    { timeout: PATIENCE },
    async (each) => {
      const { files, ...resolution } = WAYS[each.way];
      const compilerOptions = {
        ...resolution,
        target: 'es2022',
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
        types: ['node'],
      };
      const config = join(project, `tsconfig-${each.version}-${each.way}.json`);
      writeFileSync(config, JSON.stringify({ compilerOptions, files }));
      const tsc = join(CONSUMERS, `node_modules/typescript-${each.version}/bin/tsc`);
      const compiled = run(process.execPath, [tsc, '--pretty', 'false', '-p', basename(config)], {
        cwd: project,
      });
      const { stdout } = await compiled.catch((fault: { stdout: string }) => fault);
      expect(stdout).toBe('');
    },
  );
});
