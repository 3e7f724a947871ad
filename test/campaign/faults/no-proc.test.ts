import { describe, expect, it } from 'vitest';
import { runChild } from '../../support/built.ts';
import type { AnswerOutput, Asked } from '../../support/children/answer.ts';
import { CASES } from '../../support/fixtures.ts';
import { lacks } from '../../support/needs.ts';
import { makeRun, RUN_ID } from '../../support/runs.ts';

const skipped = lacks('a system without /proc', 'linux', 'root', 'a mount namespace (unshare -m)');
const unentered = lacks('a /proc of other processes', 'linux', 'root', 'a process namespace (unshare -p)');
const timeout = 300_000;

const asked = CASES.map(({ root, request, options }): Asked => ({ request, options: { root, ...options } }));

function inNamespace(setUp: string): readonly string[] {
  return ['unshare', '-m', 'sh', '-c', `${setUp} && exec "$@"`, 'sh'];
}

describe('getBackupRun() answers as with /proc, and never that there is nothing, when', () => {
  const systems: [string, readonly string[], boolean][] = [
    ['there is no /proc', inNamespace('mount -t tmpfs none /proc'), skipped],
    [
      '/proc/self/fd is an empty directory',
      inNamespace('mount -t tmpfs none /proc && mkdir -p /proc/self/fd'),
      skipped,
    ],
    [
      '/proc is that of other processes, without self',
      inNamespace('unshare -p -f mount -t proc proc /proc && ! test -e /proc/self'),
      skipped || unentered,
    ],
  ];
  for (const [system, under, isSkipped] of systems) {
    it.skipIf(isSkipped)(`${system}, for every fixture`, { timeout }, async () => {
      const { answers, descriptors } = await runChild<AnswerOutput>(
        'answer',
        { asked, warmUp: asked[0] },
        { under },
      );
      for (const [index, { name, answer }] of CASES.entries())
        expect([name, answers[index]]).toStrictEqual([name, answer]);
      expect(descriptors.after).toBe(descriptors.before);
    });

    it.skipIf(isSkipped)(
      `${system}, for a root that is not there and a run that is not`,
      { timeout },
      async () => {
        const { root } = makeRun();
        const absent = [
          { request: { run_id: RUN_ID }, options: { root: `${root}-gone/backups` } },
          { request: { run_id: 'there-is-no-such-run' }, options: { root } },
        ];
        const { answers } = await runChild<AnswerOutput>('answer', { asked: absent }, { under });
        expect(answers).toMatchObject([
          { error: { code: 'IO_ERROR', errno: 'ENOENT', path: 'backups' } },
          { error: { code: 'BACKUP_RUN_NOT_FOUND' } },
        ]);
      },
    );
  }
});
