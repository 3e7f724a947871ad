import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { built, runChild } from '../../support/built.ts';
import type { AnswerOutput, Asked } from '../../support/children/answer.ts';
import { CASES, FIXTURES, SPEC_ROOT } from '../../support/fixtures.ts';
import { lacks, tell } from '../../support/needs.ts';
import { artifactRecord, makeRun, RUN_ID, temporaryDirectory } from '../../support/runs.ts';
import { concerns, isChanging, openedPath, parseTrace, type Traced } from '../../support/traced.ts';

const untraced = lacks('a trace of system calls', 'linux', 'strace');
const unmounted = lacks('a read-only mount', 'linux', 'root', 'a mount namespace (unshare -m)');
const timeout = 300_000;

const asked = CASES.map(({ root, request, options }): Asked => ({ request, options: { root, ...options } }));
const expected = CASES.map(({ answer }) => answer);

/** Runs the inspections under strace. */
async function trace(
  questions: readonly Asked[],
): Promise<{ answers: AnswerOutput['answers']; calls: Traced[] }> {
  const file = join(temporaryDirectory(), 'trace');
  const under = [
    'strace',
    '-f',
    '-qq',
    '-y',
    '-s',
    '4096',
    '-e',
    'signal=none',
    '-e',
    'trace=%file,%desc',
    '-o',
    file,
  ];
  const { answers } = await runChild<AnswerOutput>('answer', { asked: questions }, { under });
  return { answers, calls: parseTrace(readFileSync(file, 'utf8')) };
}

describe('getBackupRun() only reads:', () => {
  it.skipIf(untraced)(
    'no call that could change something touches what it inspects',
    { timeout },
    async () => {
      const { answers, calls } = await trace(asked);
      expect(answers).toStrictEqual(expected);
      const below = calls.filter((call) => concerns(call, FIXTURES));
      expect(below.filter(isChanging).map(({ line }) => line)).toStrictEqual([]);
      const opened = below
        .flatMap((call) => openedPath(call) ?? [])
        .filter((path) => path.startsWith(FIXTURES));
      expect(opened.length).toBeGreaterThan(CASES.length);
      tell(
        `readonly: ${below.length} calls below fixtures/ (${opened.length} opened for their content), none that could change anything`,
      );
    },
  );

  it.skipIf(untraced)(
    'nothing but regular files and directories is opened for its content',
    { timeout },
    async () => {
      const odd = [
        'fifo',
        'socket',
        'symlink',
        'dangling',
        'null',
        'directory',
        'sub/fifo',
        'symlink-to-directory/part.bin',
      ];
      const claimed = ['trades.db', ...odd].map((name) => artifactRecord(name, 'the trades of today\n'));
      const made = makeRun({ trades: { artifacts: claimed } });
      const outside = join(dirname(made.root), 'outside');
      mkdirSync(join(outside, 'part'), { recursive: true });
      writeFileSync(join(outside, 'part.bin'), 'the trades of today\n');
      mkdirSync(made.at('directory'));
      mkdirSync(made.at('sub'));
      symlinkSync(join(outside, 'part.bin'), made.at('symlink'));
      symlinkSync('nowhere', made.at('dangling'));
      symlinkSync(outside, made.at('symlink-to-directory'));
      symlinkSync('../manifest.json', made.at('participants/symlink.json'));
      for (const name of ['fifo', 'sub/fifo', 'participants/fifo.json', 'unlisted']) {
        expect(spawnSync('mkfifo', [made.at(name)]).status).toBe(0);
      }
      const listen = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
      spawnSync(process.execPath, ['-e', listen, made.at('socket')]);
      spawnSync('mknod', [made.at('null'), 'c', '1', '3']);

      const { answers, calls } = await trace([{ request: { run_id: RUN_ID }, options: { root: made.root } }]);
      const [answer] = answers;
      if (answer === undefined || 'rejected' in answer || !answer.ok) throw new Error(JSON.stringify(answer));
      const bad = answer.findings.filter(({ code }) => code === 'ARTIFACT_NOT_REGULAR_FILE');
      const kinds = [
        'FIFO',
        'socket',
        'symlink',
        'symlink',
        'character device',
        'directory',
        'FIFO',
        'symlink',
      ];
      const isRoot = process.getuid?.() === 0;
      expect(bad.map(({ actual }) => actual)).toStrictEqual(
        kinds.filter((kind) => isRoot || kind !== 'character device'),
      );

      const here = dirname(made.root);
      const opened = calls.flatMap((call) => openedPath(call) ?? []).filter((path) => path.startsWith(here));
      const strange = opened.filter((path) => !isFileOrDirectory(path) || path.startsWith(outside));
      expect(strange).toStrictEqual([]);
      expect(opened).toContain(made.at('trades.db'));
    },
  );

  it.skipIf(unmounted)('on a read-only mount it answers the same', { timeout }, async () => {
    const mount =
      'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && ! touch "$1/x" 2>/dev/null && shift && exec "$@"';
    const under = ['unshare', '-m', 'sh', '-c', mount, 'sh', FIXTURES.replace(/\/$/, '')];
    const { answers } = await runChild<AnswerOutput>('answer', { asked }, { under });
    expect(answers).toStrictEqual(expected);
  });

  it(
    'under the permission model of Node it needs no more than to read the root and /proc/self/fd',
    { timeout },
    async () => {
      const isNamed = process.allowedNodeEnvironmentFlags.has('--permission');
      const readable = [`${await built()}/`, `${SPEC_ROOT}/`, '/proc/self/fd/'];
      const nodeFlags = [
        isNamed ? '--permission' : '--experimental-permission',
        '--no-warnings',
        ...readable.map((path) => `--allow-fs-read=${path}`),
      ];
      const index = CASES.findIndex(({ name }) => name === 'intact/spec-example');
      const { answers } = await runChild<AnswerOutput>('answer', { asked: [asked[index]!] }, { nodeFlags });
      expect(answers).toStrictEqual([expected[index]]);
    },
  );
});

function isFileOrDirectory(path: string): boolean {
  const stats = statSync(path);
  return stats.isFile() || stats.isDirectory();
}
