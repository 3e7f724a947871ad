import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Answer, ListedRunId } from '../../src/index.ts';
import { CASES, FIXTURES, SPEC_ROOT, SPEC_RUN_ID } from '../support/fixtures.ts';
import { HOSTS, lacks } from '../support/needs.ts';
import { installed, type Installed } from '../support/packed.ts';
import { makeRun, RUN_ID } from '../support/runs.ts';
import { scratch } from '../support/scratch.ts';
import { SPEC_TEXT } from '../support/spec.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const TOOLS = at('../consumers/node_modules');
const PATIENCE = 240_000;

let places: Installed;

beforeAll(async () => {
  places = await installed();
  cpSync(at('hosts'), places.project, { recursive: true });
  const imports = readFileSync(join(places.project, 'spec-run.mjs'), 'utf8');
  writeFileSync(
    join(places.project, 'spec-run.cjs'),
    imports.replace(/^import (.*) from '(.*)';/gm, "const $1 = require('$2');"),
  );
}, PATIENCE);

/** Runs a host in the project, and gives what it printed; it has to print no complaint. */
async function told(command: string, args: readonly string[], cwd = places.project): Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    HOME: scratch(),
    DENO_DIR: join(scratch(), 'deno'),
    NO_COLOR: '1',
  };
  const { stdout, stderr } = await promisify(execFile)(command, args, { cwd, env, timeout: PATIENCE });
  // Node says of every permission for threads that it is one.
  expect(stderr.replace(/^.*(?:PERM0006|--trace-warnings).*\n/gm, '')).toBe('');
  return stdout;
}

interface Told {
  readonly asked: readonly Answer[];
  readonly fallbacks: readonly string[];
  readonly content: readonly string[];
}

/** Inspects the spec's run in a host: it is answered in full, with threads and without, and no module is missed. */
async function inspects(command: string, args: readonly string[], fallbacks: readonly string[] = []) {
  const { asked, ...rest } = JSON.parse(await told(command, [...args, SPEC_ROOT, SPEC_RUN_ID])) as Told;
  for (const [index, answer] of asked.entries()) {
    if (index % 2 === 0) expect(JSON.stringify(answer.ok && answer.run)).toBe(SPEC_TEXT);
    else expect(answer).toMatchObject({ ok: false, error: { code: 'BACKUP_RUN_NOT_FOUND' } });
  }
  expect(asked).toHaveLength(4);
  expect(rest.fallbacks).toEqual(fallbacks);
  return rest.content.join();
}

const JSON_SAYS = 'validator "json" says: it has the name of JSON, but begins like an SQLite database';

describe('the installed package inspects the run of the specification', () => {
  it.each(['spec-run.mjs', 'spec-run.cjs'])('in Node.js, by %s', { timeout: PATIENCE }, async (program) => {
    expect(await inspects(process.execPath, [program])).toContain(JSON_SAYS);
  });

  const lacksTools = lacks('a test runner of users', 'tools of consumers (npm ci --prefix test/consumers)');

  it.skipIf(lacksTools)('in Jest as it comes, in CommonJS', { timeout: PATIENCE }, async () => {
    const folder = join(places.project, 'jest');
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{}');
    writeFileSync(join(folder, 'spec.test.js'), suite('require'));
    const jest = [join(TOOLS, 'jest/bin/jest.js'), '--rootDir', folder, '--silent', '--json'];
    const run = promisify(execFile)(process.execPath, jest, { cwd: folder });
    const { stdout, stderr } = await run.catch((fault: { stdout: string; stderr: string }) => fault);
    expect(JSON.parse(stdout), stderr).toMatchObject({ numPassedTests: 3, success: true });
    // It says so where something keeps its process alive.
    expect(stderr).not.toContain('did not exit');
  });

  it.each(['threads', 'forks', 'vmThreads', 'vmForks'])(
    'in the pool %s of Vitest',
    { timeout: PATIENCE },
    async (pool) => {
      const folder = join(places.project, pool);
      mkdirSync(folder);
      mkdirSync(join(folder, 'node_modules'));
      symlinkSync(at('../../node_modules/vitest'), join(folder, 'node_modules/vitest'), 'junction');
      writeFileSync(
        join(folder, 'spec.test.mjs'),
        `import { it, expect } from 'vitest';\n${suite('import')}`,
      );
      const args = ['run', '--root', folder, '--pool', pool, '--reporter', 'json'];
      const vitest = at('../../node_modules/vitest/vitest.mjs');
      const run = promisify(execFile)(process.execPath, [vitest, ...args], { cwd: folder });
      const { stdout, stderr } = await run.catch((fault: { stdout: string; stderr: string }) => fault);
      expect(JSON.parse(stdout), stderr).toMatchObject({ numPassedTests: 3, success: true });
    },
  );

  const lacksNodes = lacks('a host of test/nodes', 'other versions of Node (npm ci --prefix test/nodes)');

  const nodes = [HOSTS.node24, HOSTS.node26].flatMap((node) =>
    [true, false].map((withThreads) => ({ node, withThreads })),
  );
  it.skipIf(lacksNodes).each(nodes)(
    'under --permission of $node, with a permission for threads: $withThreads',
    { timeout: PATIENCE },
    async ({ node, withThreads }) => {
      const readable = [places.project, at('../../node_modules'), SPEC_ROOT];
      const flags = readable.map((path) => `--allow-fs-read=${path}`);
      if (withThreads) flags.push('--allow-worker');
      const reason =
        'Error: Access to this API has been restricted. Use --allow-worker to manage permissions.';
      const fallbacks = withThreads ? [] : [reason, reason];
      // Nor may it start the process that a database is checked in: it says so in a sentence.
      const content = await inspects(node, ['--permission', ...flags, 'spec-run.mjs'], fallbacks);
      expect(content).toMatch(/validator "sqlite" says: [^\n]+$/);
    },
  );

  it.skipIf(lacksNodes || lacksTools)(
    'in a single executable of Node.js 26',
    { timeout: PATIENCE },
    async () => {
      const bundle = join(scratch(), 'single.cjs');
      await told(process.execPath, [at('../consumers/bundle.mjs'), 'esbuild', 'cjs', 'spec-run.mjs', bundle]);
      const output = join(scratch(), 'single');
      const config = join(scratch(), 'sea.json');
      writeFileSync(config, JSON.stringify({ main: bundle, output, disableExperimentalSEAWarning: true }));
      await promisify(execFile)(HOSTS.node26, ['--build-sea', config]);
      expect(await inspects(output, [])).toContain('this is a program that Node.js is part of');
    },
  );
});

/** The tests of a user, for a runner whose functions are there: what they get is of another realm than what they compare it with. */
function suite(way: 'import' | 'require'): string {
  const load =
    way === 'import'
      ? "import { getBackupRun } from 'backup-run-inspector';"
      : "const { getBackupRun } = require('backup-run-inspector');";
  return `${load}
    const root = ${JSON.stringify(SPEC_ROOT)};
    for (const threads of [2, 0])
      it('inspects with ' + threads, async () => {
        const { run, findings } = await getBackupRun({ run_id: '${SPEC_RUN_ID}' }, { root, threads });
        expect(JSON.stringify(run)).toBe(${JSON.stringify(SPEC_TEXT)});
        expect(findings).toEqual([]);
      });
    it('answers what is wrong', async () => {
      const { error } = await getBackupRun({ run_id: 'another' }, { root });
      expect(error.code).toBe('BACKUP_RUN_NOT_FOUND');
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(getBackupRun({ run_id: 'another' }, { root, signal })).rejects.toThrow('enough');
    });`;
}

/** In the matrix of versions they have rows of their own, and are not run beside each Node again. */
const isApart = process.env['HOSTS_APART'] === 'true';

/** How each is called, and what it lets a program do. */
const RUNTIMES = [
  { name: 'Bun', command: [HOSTS.bun] },
  { name: 'Deno', command: [HOSTS.deno, 'run', '--no-prompt', '--allow-all'] },
  {
    name: 'Deno, which may read only,',
    command: [HOSTS.deno, 'run', '--no-prompt', '--allow-read', '--allow-env'],
  },
] as const;

describe
  .skipIf(isApart || lacks('another runtime', 'linux', 'other versions of Node (npm ci --prefix test/nodes)'))

  .each(RUNTIMES)('$name', ({ name: runtime, command: [command, ...flags] }) => {
  it('inspects the run of the specification', { timeout: PATIENCE }, async () => {
    const content = await inspects(command, [...flags, 'spec-run.mjs']);
    expect(content).toContain(`which only Node.js itself can start: this is ${runtime.replace(/,.*/, '')}`);
  });

  // Of threads, those that may only read show nothing else than the run of the specification.
  it.each(runtime.includes('read') ? [0] : [0, 2])(
    'answers every fixture as its folder expects, with %i threads',
    { timeout: PATIENCE },
    async (threads) => {
      const stdout = await told(command, [...flags, 'fixtures.mjs', FIXTURES, String(threads)]);
      expect(JSON.parse(stdout)).toEqual({ total: CASES.length, failed: [] });
    },
  );

  it('runs the command line', { timeout: PATIENCE }, async () => {
    const cli = join(places.library, 'dist/cli.js');
    const asked = ['--root', SPEC_ROOT, SPEC_RUN_ID];
    expect(await told(command, [...flags, cli, '--version'])).toBe('0.1.0\n');
    expect(await told(command, [...flags, cli, 'show', ...asked])).toContain(
      '\nSound: 1 artifact, 1.05 MB, all verified.\n',
    );
    expect(await told(command, [...flags, cli, 'verify', ...asked])).toMatch(
      /^restorable +20260629-121045-000001/,
    );
    const { run } = JSON.parse(await told(command, [...flags, cli, 'show', '--json', ...asked])) as {
      run: unknown;
    };
    expect(JSON.stringify(run)).toBe(SPEC_TEXT);
    const lacking = told(command, [...flags, cli, 'show', '--root', SPEC_ROOT, 'another']);
    await expect(lacking).rejects.toMatchObject({ code: 3, stdout: '' });
  });

  it('tells of every name that is no UTF-8', { timeout: PATIENCE }, async () => {
    const { root, path } = makeRun({ artifacts: { 'Übersicht.db': 'x', '\ufffdreal': 'x' } });
    const bytes = (directory: string, ...name: readonly number[]): Buffer =>
      Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(name)]);
    writeFileSync(bytes(path, 0x62, 0xff), 'x');
    // In Deno it has the same name as what is claimed.
    writeFileSync(bytes(path, 0xff, ...Buffer.from('real')), 'x');
    mkdirSync(bytes(join(root, 'completed'), 0x63, 0xfe));
    writeFileSync(
      Buffer.concat([bytes(join(root, 'completed'), 0x63, 0xfe), Buffer.from('/manifest.json')]),
      '{}',
    );
    const { answer, rows } = JSON.parse(await told(command, [...flags, 'odd-names.mjs', root, RUN_ID])) as {
      answer: Answer;
      rows: ListedRunId[];
    };
    if (!answer.ok) throw new Error(JSON.stringify(answer.error));
    const isBytewise = runtime === 'Bun';
    const where = `backups/completed/${RUN_ID}`;
    const found = answer.findings.map(({ code, path: at_, actual }) => [code, at_, actual]);
    expect(answer.run.participants[0]?.artifacts.map(({ integrity_ok }) => integrity_ok)).toEqual([
      true,
      true,
    ]);
    expect(answer.coverage.complete).toBe(isBytewise);
    expect(found).toEqual(
      isBytewise
        ? [
            ['ARTIFACT_UNLISTED', String.raw`${where}/\xffreal`, undefined],
            ['ARTIFACT_UNLISTED', String.raw`${where}/b\xff`, undefined],
          ]
        : [
            ['ARTIFACT_UNREADABLE', `${where}/b\ufffd`, 'EILSEQ'],
            ['ARTIFACT_UNREADABLE', `${where}/\ufffdreal`, 'EILSEQ'],
          ],
    );
    expect(rows.map((row) => (row.ok ? row.run_id : [row.run_id, row.error.code]))).toEqual([
      isBytewise ? [String.raw`c\xfe`, 'BACKUP_RUN_UNSAFE'] : ['c\ufffd', 'IO_ERROR'],
      RUN_ID,
    ]);
  });
});
