import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { getBackupRun, type Answer } from '../../../src/index.ts';
import { runChild } from '../../support/built.ts';
import type { AnswerOutput } from '../../support/children/answer.ts';
import { lacks } from '../../support/needs.ts';
import { attend, program } from '../../support/program.ts';
import { makeRun, RUN_ID, temporaryDirectory, type MadeRun } from '../../support/runs.ts';

const skip = lacks('a working directory that can be deleted', 'linux');

/** What runs a command in a directory that has been deleted. */
function underDeleted(): string[] {
  const directory = join(temporaryDirectory(), 'deleted');
  mkdirSync(directory);
  return ['bash', '-c', 'cd "$0" && rmdir "$0" && exec "$@"', directory];
}

/** A run with unlisted files at several depths, and with a participant that nobody named. */
function makeDeepRun(): MadeRun {
  const run = makeRun({ manifest: { participants: [] }, artifacts: { 'sub/trades.db': 'trades' } });
  mkdirSync(run.at('sub/deeper'));
  writeFileSync(run.at('sub/deeper/.unlisted'), '');
  writeFileSync(run.at('participants/note.txt'), '');
  writeFileSync(run.at('unlisted'), '');
  return run;
}

describe.skipIf(skip)('in a working directory that was deleted', () => {
  it.each([0, 2])(
    'getBackupRun() answers for an absolute root as elsewhere, with %i threads',
    async (threads) => {
      const { root } = makeDeepRun();
      const request = { run_id: RUN_ID };
      const expected: Answer = await getBackupRun(request, { root, threads });
      expect(expected).toMatchObject({
        ok: true,
        coverage: { artifacts: 1, complete: true, findingsTotal: 3 },
      });
      const asked = [{ request, options: { root, threads } }];
      const { answers } = await runChild<AnswerOutput>('answer', { asked }, { under: underDeleted() });
      expect(answers).toEqual([expected]);
    },
  );

  it('createInspector() refuses a relative root', async () => {
    const asked = [{ request: { run_id: RUN_ID }, options: { root: 'backups' } }];
    const { answers } = await runChild<AnswerOutput>('answer', { asked }, { under: underDeleted() });
    const rejected =
      'TypeError: Cannot create an inspector: root "backups" is relative, and the working directory of this process is gone';
    expect(answers).toEqual([{ rejected }]);
  });

  it('sqlite() refuses a relative directory, and takes an absolute one', async () => {
    const validators = pathToFileURL(join(dirname(await program()), 'validators.js')).href;
    const script = `import { sqlite } from ${JSON.stringify(validators)};
      try { sqlite({ directory: 'x' }); } catch (fault) { console.log(String(fault)); }
      console.log(sqlite({ directory: '/x' }).name);`;
    const path = join(temporaryDirectory(), 'script.mjs');
    writeFileSync(path, script);
    const [command, ...args] = [...underDeleted(), process.execPath, path];
    const { stdout, stderr } = await attend(command, args).ended;
    const refused =
      'TypeError: Cannot create validator sqlite: directory "x" is relative, and the working directory of this process is gone';
    expect({ stdout, stderr }).toEqual({ stdout: `${refused}\nsqlite\n`, stderr: '' });
  });

  async function runDeleted(...words: string[]) {
    const [command = '', ...args] = [...underDeleted(), process.execPath, await program(), ...words];
    const { stdout, stderr, code } = await attend(command, args).ended;
    return { stdout, stderr, code };
  }

  it.each([[['show', RUN_ID]], [['list']], [['verify', '--all']], [['verify', RUN_ID]]])(
    'backup-run blames that, and no run, for a relative root: %j',
    async (words) => {
      const complaint = (root: string): string =>
        `backup-run: Cannot go on: the root "${root}" is relative, and the working directory is gone\n`;
      expect(await runDeleted(...words)).toEqual({ stdout: '', stderr: complaint('./backups'), code: 4 });
      expect(await runDeleted(...words, '--root', 'x')).toEqual({
        stdout: '',
        stderr: complaint('x'),
        code: 4,
      });
    },
  );

  it('backup-run verifies in an absolute root', async () => {
    const { root } = makeDeepRun();
    const { stdout, stderr, code } = await runDeleted('verify', '--all', '--root', root);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toMatch(new RegExp(`^restorable     ${RUN_ID}  1 artifact, 6 B, `));
  });
});
