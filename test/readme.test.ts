import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { CASES, SPEC_ROOT } from './support/fixtures.ts';
import { run as runProgram } from './support/program.ts';
import { temporaryDirectory } from './support/runs.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const README = readFileSync(join(PROJECT, 'README.md'), 'utf8');
const BLOCKS = [...README.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code);

const EXAMPLES = join(PROJECT, 'test/examples');
/** The text of examples that are files, and have tests of their own, by name. */
const FILES: ReadonlyMap<string, string> = new Map(
  readdirSync(EXAMPLES)
    .filter((name) => !name.endsWith('.test.ts'))
    .map((name) => [name, readFileSync(join(EXAMPLES, name), 'utf8')]),
);
const RUNNABLE = BLOCKS.filter((code) => ![...FILES.values()].includes(code));

/** Runs a block as a newcomer would, with the library installed and the spec's run in the backups directory. */
async function run(code: string): Promise<string> {
  const outfile = join(temporaryDirectory(), 'example.mjs');
  await build({
    stdin: { contents: code.replaceAll('/srv/backups', SPEC_ROOT), resolveDir: PROJECT, loader: 'ts' },
    alias: {
      'backup-run-inspector/format': './src/format.ts',
      'backup-run-inspector/validators': './src/validators/index.ts',
      'backup-run-inspector': './src/index.ts',
    },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    banner: { js: "import { createRequire as R } from 'node:module'; const require = R(import.meta.url);" },
  });
  const { stdout } = await promisify(execFile)(process.execPath, [outfile]);
  return stdout;
}

describe('README.md', () => {
  it('has examples', () => expect(BLOCKS.length).toBeGreaterThanOrEqual(2));

  it.each([...FILES])('has all of test/examples/%s', (name, code) => {
    expect(README).toContain(`\`${name}\``);
    expect(BLOCKS.filter((block) => block === code)).toHaveLength(1);
  });

  it.each(RUNNABLE.map((code, index) => [index + 1, code] as const))('example %i runs', async (_, code) => {
    const judged = /^const answer\b/m.test(code)
      ? 'if (!answer.ok) throw new Error(answer.error.message);'
      : '';
    const printed = await run(`${code}\n${judged}`);
    expect(printed).toBe(code.includes('console.log') ? 'completed 1 true\n' : '');
  });

  it('has every section once', () => {
    const headings = README.match(/^#+ .*$/gm) ?? [];
    expect(headings).toEqual([...new Set(headings)]);
  });

  it('shows the two set-up commands, each on one line', () => {
    expect(README).toContain('\nnpm ci && npm run demo\n');
    expect(README).toContain('\nnpm ci && npm test\n');
  });

  it('has a row for every code of the command handler and of restore points, with its httpCode', () => {
    for (const [code, httpCode] of [
      ['ACCESS_DENIED', 403],
      ['UNKNOWN_COMMAND', 404],
      ['BACKUP_RUN_NOT_RESTORABLE', 409],
      ['BUSY', 503],
    ] as const)
      expect(README).toMatch(new RegExp(`^\\| \`${code}\` +\\| ${httpCode} +\\|`, 'm'));
  });

  it('has a row for every code of every fixture, with its severity or httpCode', () => {
    for (const { name, answer } of CASES) {
      const rows = answer.ok
        ? answer.findings.map(({ code, severity }) => `${code} ${severity}`)
        : [`${answer.error.code} ${answer.error.httpCode}`];
      for (const row of rows) {
        const [code, second] = row.split(' ');
        expect(README, name).toMatch(new RegExp(`^\\| \`${code}\` +\\| [^|]*\\b${second}\\b[^|]* \\|`, 'm'));
      }
    }
  });

  it('shows a damaged run as the command line does', async () => {
    const [, typed = '', shown = ''] = /\n\$ backup-run (show .*)\n([^]*?)\n```/.exec(README) ?? [];
    const { stdout, code } = await runProgram(typed.split(' '), { cwd: PROJECT });
    expect({ stdout, code }).toStrictEqual({ stdout: `${shown}\n`, code: 1 });
  });

  it('has a row for every exit code', () => {
    for (const code of [0, 1, 2, 3, 4, 130]) expect(README).toMatch(new RegExp(`^\\| ${code} +\\| `, 'm'));
  });
});
