import { execFile } from 'node:child_process';
import { realpathSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { installed, type Installed } from '../support/packed.ts';
import { makeRun, RUN_ID } from '../support/runs.ts';

const NODE_MODULES = realpathSync(fileURLToPath(new URL('../../node_modules', import.meta.url)));

/** Tells the address of every module that is loaded, ESM or CommonJS. */
const HOOKS = `
  import { writeSync } from 'node:fs';
  export async function load(url, context, next) {
    writeSync(1, url + '\\n');
    return next(url, context);
  }
`;

let places: Installed;

beforeAll(async () => {
  places = await installed();
  writeFileSync(join(places.project, 'hooks.mjs'), HOOKS);
}, 120_000);

/** What is loaded with an entry, builtins left out, in order of their names. */
async function loadedBy(statement: string): Promise<string[]> {
  const { project, library } = places;
  const program = join(project, 'loads.mjs');
  const hooks = JSON.stringify(pathToFileURL(join(project, 'hooks.mjs')).href);
  const required = `for (const name of Object.keys(createRequire(import.meta.url).cache)) console.log(pathToFileURL(name).href);`;
  writeFileSync(
    program,
    `import { createRequire, register } from 'node:module';
     import { pathToFileURL } from 'node:url';
     register(${hooks});
     ${statement}
     ${required}`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  const files = new Set(
    stdout
      .split('\n')
      .filter((url) => url.startsWith('file:'))
      .map((url) => fileURLToPath(url)),
  );
  return [...files]
    .map((file) => (file.startsWith(library) ? relative(library, file) : relative(NODE_MODULES, file)))
    .map((file) => file.replaceAll('\\', '/'))
    .toSorted();
}

it('an import of the library loads nothing but its one file, the text of its program and valibot', async () => {
  const loaded = await loadedBy(`await import('backup-run-inspector');`);
  expect(loaded).toEqual(['dist/index.js', 'dist/programs/jobs.cjs', 'valibot/dist/index.mjs']);
});

it('a require of the library loads nothing but its one file, the text of its program and valibot', async () => {
  const loaded = await loadedBy(`createRequire(import.meta.url)('backup-run-inspector');`);
  expect(loaded).toEqual(['dist/index.cjs', 'dist/programs/jobs.cjs', 'valibot/dist/index.cjs']);
});

it('an import of fast-glob that failed once keeps no later call from an answer', async () => {
  const { root } = makeRun({ artifacts: { 'trades.db': 'trades' } });
  const { project } = places;
  const failing = `
    export async function load(url, context, next) {
      if (url.includes('fast-glob')) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      return next(url, context);
    }
  `;
  writeFileSync(join(project, 'failing.mjs'), failing);
  const program = join(project, 'fails.mjs');
  writeFileSync(
    program,
    `import { register } from 'node:module';
     register(${JSON.stringify(pathToFileURL(join(project, 'failing.mjs')).href)});
     const { getBackupRun } = await import('backup-run-inspector');
     const answer = await getBackupRun({ run_id: '${RUN_ID}' }, { root: ${JSON.stringify(root)}, threads: 0 });
     console.log(answer.ok, answer.error?.message);`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  expect(stdout).toBe('true undefined\n');
});

it('an inspector without threads loads fast-glob, so that this test would see it', async () => {
  const { root } = makeRun({ artifacts: { 'trades.db': 'trades' } });
  const loaded = await loadedBy(`
    const { getBackupRun } = await import('backup-run-inspector');
    await getBackupRun({ run_id: '${RUN_ID}' }, { root: ${JSON.stringify(root)}, threads: 0 });
  `);
  expect(loaded).toContain('fast-glob/out/index.js');
});
