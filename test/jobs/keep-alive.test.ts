import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { forEachConcurrently } from '../../src/concurrency/cooperative.ts';
import { built, runChild } from '../support/built.ts';
import type { EndingInput, EndingName } from '../support/children/endings.ts';
import { takeOrders } from '../support/children/orders.ts';
import type { QueuedInput, QueuedOutput } from '../support/children/queued.ts';
import { mountFaultyDisk } from '../support/faulty-disk.ts';
import { makeLargeRun } from '../support/large-run.ts';
import { lacks } from '../support/needs.ts';
import { NODES } from '../support/nodes.ts';
import { makeRun, RUN_ID } from '../support/runs.ts';

it.each([1, 2])(
  'a call that waits for one of %i threads keeps the process alive, though all of them are at aborted calls',
  async (threads) => {
    const { root, runId } = makeLargeRun();
    const input: QueuedInput = { root, runId, threads };
    // Node.js ends with code 13, which rejects, when nothing keeps it alive and the answer is still awaited.
    const output = await runChild<QueuedOutput>('queued', input);
    expect(output).toStrictEqual({ first: 'enough', second: true } satisfies QueuedOutput);
  },
);

/** What comes of the call; the process has to end by itself behind each. */
const ENDINGS = {
  'nothing was asked': 'object',
  'it was found': 'ok',
  'it was found without hashing': 'ok',
  'it was found, and progress told': 'ok',
  'it is a restore point': 'ok',
  'it is no restore point': 'BACKUP_RUN_NOT_RESTORABLE',
  'it was not found': 'BACKUP_RUN_NOT_FOUND',
  'it could be no run id': 'BACKUP_RUN_NOT_FOUND',
  'the request was none': 'INVALID_DATA',
  'there is no root': 'IO_ERROR',
  'the manifest is invalid': 'MANIFEST_INVALID',
  'an option was wrong':
    'rejected: TypeError: Cannot inspect a run: option `level`: expected "digest", "size", "none", found "all"',
  'it was aborted before': 'rejected: enough',
  'it was aborted as it began': 'rejected: enough',
  'it was aborted while it hashed': 'rejected: enough',
  'it was aborted by a timeout': 'rejected: TimeoutError: The operation was aborted due to timeout',
  'onProgress threw': 'rejected: Error: no',
  'onProgress rejected': 'rejected: Error: no',
  'the time budget was 0': 'BUSY',
  'the time budget was over': 'over',
  'no time budget was needed': 'ok',
  'it had an inspector of its own': 'ok',
  'many were asked for at once': 'ok',
  'the answer is not waited for': 'left',
  'it was answered from a memo': 'ok',
  'the rate is limited': 'over',
  'all runs were listed': '102',
  'a listing was dropped half-way': 'true',
  'a listing was never begun': 'function',
  'a listing was ended': 'done: true',
  'a listing was left by break': 'true',
  'a listing was aborted': 'rejected: enough',
  'run ids were dropped half-way': 'true',
  'a filter was wrong': 'TypeError',
  'a command was answered': 'ok,ACCESS_DENIED,ok',
  'a command was aborted': 'rejected: enough',
  'contents were validated': 'ok',
  'a validation was aborted': 'rejected: enough',
  'a validator never ended': 'over',
  'a validator threw': 'ok',
} satisfies Partial<Record<EndingName, string>>;

/** The ids of the other two runs: both are older than the sound one. */
const [LARGE, BROKEN] = ['20260628-121045-000001', '20260627-121045-000001'] as const;

/** A root with a sound run, one that takes its time, and one that cannot be read. */
function makeRuns(): Omit<EndingInput, 'ending' | 'threads'> {
  const artifacts = {
    'trades.db': 'SQLite format 3\0, but for the rest',
    'trades.json': JSON.stringify(Array.from({ length: 100_000 }, (_, index) => index)),
    'trades.gz': gzipSync('the trades of today\n'),
  };
  const sound = makeRun({ artifacts });
  const { root } = sound;
  // A memo remembers what was not touched for a while.
  for (const name of Object.keys(artifacts)) utimesSync(sound.at(name), 1_782_727_845, 1_782_727_845);
  makeLargeRun({ root, runId: LARGE });
  const broken = makeRun({ root, runId: BROKEN });
  writeFileSync(broken.at('manifest.json'), '{');
  return { root, runId: RUN_ID, brokenId: BROKEN, largeId: LARGE };
}

/** How a process ended that had a call end in a way. */
async function ended(node: string, input: EndingInput): Promise<string> {
  const script = join(await built(), 'endings.mjs');
  const env = { PATH: process.env['PATH'], UV_USE_IO_URING: '0' };
  return new Promise((resolve) => {
    const limits = { env, timeout: 30_000, killSignal: 'SIGKILL' } as const;
    execFile(node, [script, JSON.stringify(input)], limits, (fault, stdout, stderr) => {
      resolve(fault === null ? stdout + stderr : `${fault.signal ?? fault.code}: ${stdout + stderr}`);
    });
  });
}

describe.each(NODES)('an inspector that is not closed keeps no process alive, on %s,', (_, node) => {
  it.each([2, 0])('whatever came of its call, with %i threads', { timeout: 600_000 }, async (threads) => {
    const runs = makeRuns();
    const names = Object.keys(ENDINGS) as (keyof typeof ENDINGS)[];
    const found: Record<string, string> = {};
    await forEachConcurrently(names, 3, async (ending) => {
      found[ending] = await ended(node, { ...runs, threads, ending });
    });
    const expected = names.map((name) => [name, `${JSON.stringify({ outcome: ENDINGS[name], code: 0 })}\n`]);
    expect(Object.fromEntries(names.map((name) => [name, found[name]]))).toStrictEqual(
      Object.fromEntries(expected),
    );
  });
});

const skipped = lacks(
  'a process beside hung storage',
  'linux',
  'root',
  'gcc',
  'libfuse3 with pkg-config',
  '/dev/fuse',
);

describe.skipIf(skipped).each(NODES)(
  'nor does one that hung storage holds a thread of, on %s,',
  (_, node) => {
    it.each([
      ['storage hung, and the call was aborted', 'rejected: enough'],
      ['storage hung, and the file was told as stalled', 'ok'],
    ] as const)('when %s', { timeout: 120_000 }, async (ending, outcome) => {
      const { root, runId } = makeRun();
      const { mount, socket } = await mountFaultyDisk(root);
      const disk = await takeOrders(socket);
      onTestFinished(() => disk.end());
      await disk.give(`hang read -1 /completed/${runId}/trades.db`);
      const input: EndingInput = { root: mount, runId, brokenId: '', largeId: '', threads: 2, ending };
      const script = join(await built(), 'endings.mjs');
      const child = spawn(node, [script, JSON.stringify(input)], { stdio: ['ignore', 'pipe', 'inherit'] });
      onTestFinished(() => void child.kill('SIGKILL'));
      await disk.hung();
      if (ending === 'storage hung, and the call was aborted') child.kill('SIGUSR2');
      // Its loop is over; Node.js itself waits for the end of a thread that the kernel holds.
      const [said] = (await once(child.stdout, 'data')) as [Buffer];
      expect(JSON.parse(String(said))).toStrictEqual({ outcome, code: 0 });
      const exited = once(child, 'exit');
      await disk.give('release');
      expect(await exited).toStrictEqual([0, null]);
    });
  },
);
