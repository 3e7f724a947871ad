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

it('an inspector without threads answers without fast-glob, and takes it as soon as it is there', async () => {
  const { root } = makeRun({ artifacts: { 'trades.db': 'trades', 'sub/dir/part.bin': 'part' } });
  const { project } = places;
  const program = join(project, 'lacks.mjs');
  writeFileSync(
    program,
    `import { createRequire, Module } from 'node:module';
     import { getBackupRun } from 'backup-run-inspector';
     const load = Module._load;
     let failures = 0;
     const failing = (name, ...rest) => {
       if (name !== 'fast-glob') return load(name, ...rest);
       failures += 1;
       throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
     };
     const answers = [];
     for (const _load of [failing, load]) {
       Module._load = _load;
       answers.push(await getBackupRun({ run_id: '${RUN_ID}' }, { root: ${JSON.stringify(root)}, threads: 0 }));
     }
     const isLoaded = Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('fast-glob'));
     const [lacking, having] = answers;
     console.log(failures > 0, isLoaded, having.ok, JSON.stringify(lacking) === JSON.stringify(having));`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  expect(stdout).toBe('true true true true\n');
});

it('an inspector without threads loads fast-glob, so that this test would see it', async () => {
  const { root } = makeRun({ artifacts: { 'trades.db': 'trades' } });
  const loaded = await loadedBy(`
    const { getBackupRun } = await import('backup-run-inspector');
    await getBackupRun({ run_id: '${RUN_ID}' }, { root: ${JSON.stringify(root)}, threads: 0 });
  `);
  expect(loaded).toContain('fast-glob/out/index.js');
});
