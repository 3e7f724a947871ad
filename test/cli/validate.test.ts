import { readdirSync, watch } from 'node:fs';
import { isBuiltin } from 'node:module';
import { describe, expect, it } from 'vitest';
import { lacks, NODE_26 } from '../support/needs.ts';
import { attend, program, run } from '../support/program.ts';
import { makeRun, RUN_ID, temporaryDirectory } from '../support/runs.ts';

const HERE = isBuiltin('node:sqlite');
const skipped =
  !HERE && lacks('validation of databases', 'other versions of Node (npm ci --prefix test/nodes)');

describe('backup-run --validate', () => {
  const artifacts = { 'prices.json': '{"EURUSD": 1.1' };

  it('looks at the content, and without it nobody does', async () => {
    const { root } = makeRun({ artifacts });
    const asked = (...words: string[]) => run([...words, '--root', root, RUN_ID]);
    expect((await asked('show')).code).toBe(0);
    expect((await asked('verify')).code).toBe(0);
    const { stdout, stderr, code } = await asked('show', '--validate');
    expect({ stderr, code }).toStrictEqual({ stderr: '', code: 1 });
    expect(stdout).toMatch(/^ {4}prices\.json +14 B {2}content invalid {2}[0-9a-f]{12}$/m);
    expect(stdout).toMatch(/\nDamaged: do not restore from this run; 1 error, 1 of 1 artifact bad\.\n$/);
    const verified = await asked('verify', '--validate');
    expect(verified.code).toBe(1);
    expect(verified.stdout).toMatch(
      /^damaged +20260629-121045-000001 {2}"prices.json" is rejected by a content validator: /,
    );
  });

  it('looks at the kinds that are named, and at all where none is', async () => {
    const { root } = makeRun({ artifacts });
    const code = async (...options: string[]) =>
      (await run(['show', ...options, '--root', root, RUN_ID])).code;
    expect(await code('--validate=json')).toBe(1);
    expect(await code('--validate=gzip,json')).toBe(1);
    expect(await code('--validate=gzip', '--validate=json')).toBe(1);
    expect(await code('--validate=gzip', '--validate')).toBe(1);
    expect(await code('--validate=gzip,tar,zstd')).toBe(0);
  });

  it('finds nothing wrong with content that is sound', async () => {
    const { root } = makeRun({ artifacts: { 'prices.json': '{"EURUSD": 1.1}' } });
    const { stdout, code } = await run(['verify', '--validate', '--root', root, RUN_ID]);
    expect(stdout).toMatch(/^restorable /);
    expect(code).toBe(0);
  });

  it.skipIf(skipped)('leaves no private copy when it is interrupted', { timeout: 300_000 }, async () => {
    const { root } = makeRun({ artifacts: { 'trades.db': `SQLite format 3\0${'x'.repeat(400_000)}` } });
    const directory = temporaryDirectory();
    const watcher = watch(directory);
    const copied = new Promise((resolve) => watcher.once('change', resolve));
    const words = ['verify', '--validate', '--max-rate', '200kB', '--root', root, RUN_ID];
    const { child, ended } = attend(HERE ? process.execPath : NODE_26, [await program(), ...words], {
      environment: { TMPDIR: directory },
    });
    await Promise.race([copied, ended]);
    watcher.close();
    expect(readdirSync(directory)).toHaveLength(1);
    child.kill('SIGINT');
    expect((await ended).signal).toBe('SIGINT');
    expect(readdirSync(directory)).toEqual([]);
  });
});
