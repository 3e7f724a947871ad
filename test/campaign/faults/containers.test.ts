import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultThreads } from '../../../src/inspect/options.ts';
import { runChild } from '../../support/built.ts';
import type { ThreadsInput, ThreadsOutput } from '../../support/children/threads.ts';
import { memoryCgroup } from '../../support/memory-cgroup.ts';
import { lacks } from '../../support/needs.ts';
import { makeRun } from '../../support/runs.ts';
import { scratch } from '../../support/scratch.ts';

const MIB = 2 ** 20;

/** What a container on a large machine is told. */
const MANY_PROCESSORS = `--import=data:text/javascript,${encodeURIComponent(
  "import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module';" +
    'os.availableParallelism = () => 64; syncBuiltinESMExports();',
)}`;

function givenRun(calls = 16): ThreadsInput {
  const names = Array.from({ length: 600 }, (_, index) => `part-${index}.bin`);
  const content = Buffer.alloc(70_000, 'x');
  const { root, runId } = makeRun({ artifacts: Object.fromEntries(names.map((name) => [name, content])) });
  return { root, runId, calls };
}

/** Beside those that hash: one for what is small, three that search, and four for the rest, but at most one beyond them waits. */
const OTHERS = 8;

const skipped = lacks(
  'a process as in a container',
  'linux',
  'root',
  'a memory cgroup',
  'setpriv',
  'prlimit',
);
const lacksMounts = lacks('a root that cannot be written', 'linux', 'root', 'a mount namespace (unshare -m)');
const lacksProcesses = lacks('the first process', 'linux', 'root', 'a process namespace (unshare -p)');

describe('an inspector in a container', () => {
  it('has as many threads as the processors and the memory are for', () => {
    expect(defaultThreads(64, 64 * MIB)).toBe(1);
    expect(defaultThreads(64, 256 * MIB)).toBe(4);
    expect(defaultThreads(64, 8192 * MIB)).toBe(8);
    expect(defaultThreads(3, 8192 * MIB)).toBe(2);
    expect(defaultThreads(1, 0)).toBe(1);
    // Without a limit, by what version 1 and version 2 of cgroups say.
    expect([0, 2 ** 63, 2 ** 64].map((memory) => defaultThreads(64, memory))).toEqual([8, 8, 8]);
  });

  it.skipIf(skipped)('of 64 MB starts few threads, however many processors there are', async () => {
    const { under } = memoryCgroup(64 * MIB);
    const options = { under, nodeFlags: [MANY_PROCESSORS] };
    const { verified, before, most } = await runChild<ThreadsOutput>('threads', givenRun(1), options);
    expect(verified).toBe(600);
    expect(most).toBeGreaterThan(before);
    expect(most - before).toBeLessThanOrEqual(1 + OTHERS);
  });

  it.skipIf(skipped)(
    'without rights, of a user with as few threads as Node itself needs, verifies',
    async () => {
      const given = givenRun(1);
      for (const directory of [dirname(given.root), scratch()]) chmodSync(directory, 0o755);
      // Nobody else is this user.
      const user = String(60_000 + (process.pid % 5_000));
      const rights = [`--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--no-new-privs'];
      const verified = async (most: number): Promise<number> => {
        const under = ['prlimit', `--nproc=${most}`, 'setpriv', ...rights];
        // Where Node is refused a thread of its own it ends, and so it is asked with one more.
        const told = await runChild<ThreadsOutput>('threads', given, { under }).catch(() => null);
        return told === null && most < 24 ? verified(most + 1) : (told?.verified ?? 0);
      };
      expect(await verified(8)).toBe(600);
    },
  );

  it.skipIf(lacksMounts)('with a root that cannot be written verifies everything', async () => {
    const readOnly = 'mount --make-rprivate / && mount -o remount,bind,ro / && exec "$@"';
    const under = ['unshare', '-m', 'sh', '-c', `mount --bind / / 2>/dev/null; ${readOnly}`, 'sh'];
    const { verified } = await runChild<ThreadsOutput>('threads', givenRun(), { under });
    expect(verified).toBe(600);
  });

  it.skipIf(lacksProcesses)('as its first process verifies everything, and ends', async () => {
    const under = ['unshare', '-p', '-f', '--mount-proc'];
    const { verified } = await runChild<ThreadsOutput>('threads', givenRun(), { under });
    expect(verified).toBe(600);
  });
});
