import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Answer } from '../../../src/index.ts';
import { built } from '../../support/built.ts';
import { takeOrders } from '../../support/children/orders.ts';
import type { StoppedInput } from '../../support/children/stopped.ts';
import { mountFaultyDisk } from '../../support/faulty-disk.ts';
import { lacks } from '../../support/needs.ts';
import { makeRun, RUN_ID } from '../../support/runs.ts';

const skipped = lacks('a process that is stopped', 'linux');
const withoutDisk = lacks('a slow disk', 'linux', 'root', 'gcc', 'libfuse3 with pkg-config', '/dev/fuse');
const timeout = 300_000;

const STALL = 500;
/** Milliseconds of a stop: long beyond the stall timeout. */
const STOP = 3 * STALL;
/** Stops of one inspection, at most. */
const STOPS = 4;

const SIZE = 512 * 2 ** 20;

function digestOfZeros(): string {
  const hash = createHash('sha256');
  const zeros = Buffer.alloc(2 ** 20);
  for (let bytes = 0; bytes < SIZE; bytes += zeros.length) hash.update(zeros);
  return hash.digest('hex');
}

/** A run whose artifact takes a while, and no space. */
function makeLongRun(): string {
  const artifacts = [{ logical_name: 'trades.db', size_bytes: SIZE, sha256: digestOfZeros() }];
  const run = makeRun({ artifacts: { 'trades.db': '' }, trades: { artifacts } });
  truncateSync(run.at('trades.db'), SIZE);
  return run.root;
}

interface StoppedAnswer {
  readonly answer: Answer;
  readonly stops: number;
}

function expectWhole({ answer, stops }: StoppedAnswer): void {
  expect(stops).toBeGreaterThan(0);
  expect(answer).toMatchObject({ ok: true, findings: [], coverage: { complete: true, verified: 1 } });
}

/** The answer of a process that is stopped whenever it says that it is at work, and how often that was. */
async function answerWhileStopped(given: StoppedInput): Promise<StoppedAnswer> {
  const child = spawn(process.execPath, [join(await built(), 'stopped.mjs'), JSON.stringify(given)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  let stops = 0;
  let last = '';
  for await (const line of createInterface(child.stdout)) {
    last = line;
    if (line !== 'busy' || stops === STOPS) continue;
    stops += 1;
    child.kill('SIGSTOP');
    await setTimeout(STOP);
    child.kill('SIGCONT');
  }
  await ended;
  return { answer: JSON.parse(last) as Answer, stops };
}

describe('getBackupRun() takes no storage for stalled because its own program was stopped', () => {
  it.skipIf(skipped).each([
    ['in threads', 2, false],
    ['on the calling thread', 0, false],
    ['while a validator reads', 2, true],
    ['while a validator reads, on the calling thread', 0, true],
  ])('%s', { timeout }, async (_, threads, validates) => {
    const options = { root: makeLongRun(), threads, stallTimeoutMs: STALL };
    const given: StoppedInput = { request: { run_id: RUN_ID }, options, validates };
    expectWhole(await answerWhileStopped(given));
  });

  it.skipIf(skipped || withoutDisk)('in a read that is slow', { timeout }, async () => {
    const disk = await mountFaultyDisk(makeRun({ artifacts: { 'trades.db': 'x'.repeat(3 * 2 ** 20) } }).root);
    const orders = await takeOrders(disk.socket);
    onTestFinished(() => orders.end());
    // One of ours is several of the kernel's: after a stop it goes on for a while.
    await orders.give(`delay read 60 -1 /completed/${RUN_ID}/trades.db`);
    const options = { root: disk.mount, threads: 2, stallTimeoutMs: STALL };
    const given: StoppedInput = { request: { run_id: RUN_ID }, options, validates: false };
    expectWhole(await answerWhileStopped(given));
  });
});
