import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { getBackupRun } from '../src/index.ts';
import { runChild } from './support/built.ts';
import type { ContentsInput, ContentsOutput } from './support/children/contents.ts';
import type { GlobalsInput, GlobalsOutput, HostName } from './support/children/globals.ts';
import { lacks } from './support/needs.ts';
import { makeLargeRun } from './support/large-run.ts';
import { makeRun, RUN_ID, temporaryDirectory } from './support/runs.ts';

const skipped = lacks('hosts that touch globals', 'tools of consumers (npm ci --prefix test/consumers)');
const packages = fileURLToPath(new URL('consumers/', import.meta.url));
const LARGE = '20260628-121045-000001';

function makeRuns(): { readonly root: string; readonly runId: string; readonly largeId: string } {
  const artifacts = {
    'trades.json': JSON.stringify(Array.from({ length: 100_000 }, (_, index) => index)),
    'trades.txt': 'the trades of today\n'.repeat(100_000),
  };
  const run = makeRun({ artifacts });
  makeLargeRun({ root: run.root, runId: LARGE });
  return { root: run.root, runId: RUN_ID, largeId: LARGE };
}

/** In whatever host. */
const EXPECTED: GlobalsOutput = {
  'a run, with progress': 'sound',
  'a run from the memo': '0',
  'a run that is not there': 'BACKUP_RUN_NOT_FOUND',
  'a generous budget': 'sound',
  'a budget that is over': 'false',
  'a validator that does nothing': 'ARTIFACT_NOT_VERIFIED,ARTIFACT_NOT_VERIFIED',
  'a listing': '2',
  'a command': '1',
  'an end': 'undefined',
};

const HOSTS: readonly (readonly [HostName, isFirst: boolean])[] = [
  ['nobody who touches anything', true],
  ['the fake timers of sinon', false],
  ['the fake timers of sinon', true],
  ['zone.js', true],
  ['zone.js', false],
  ['graceful-fs', true],
  ['OpenTelemetry', true],
  ['what is added to every object', true],
  ['what is added to every object', false],
  ['a throwing process.emitWarning', true],
];

describe.skipIf(skipped)('an inspector answers as ever beside', () => {
  describe.each(HOSTS)('%s, from the first: %s,', (host, isFirst) => {
    it.each([2, 0])('with %i threads', { timeout: 60_000 }, async (threads) => {
      const input: GlobalsInput = { ...makeRuns(), threads, host, isFirst, packages };
      expect(await runChild<GlobalsOutput>('globals', input)).toStrictEqual(EXPECTED);
    });
  });
});

describe('an inspector in a test with the fake timers of vitest', () => {
  it.each([2, 0])('answers, and ends what it has to, with %i threads', async (threads) => {
    const { root } = makeRun();
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const silent = {
      name: 'silent',
      applies: () => true,
      validate: () => new Promise<never>(() => undefined),
    };
    const answer = await getBackupRun(
      { run_id: RUN_ID },
      { root, threads, stallTimeoutMs: 50, validators: [silent], onProgress: () => undefined },
    );
    const actual = 'validator "silent" did nothing for 50 ms';
    expect(answer).toMatchObject({ ok: true, findings: [{ code: 'ARTIFACT_NOT_VERIFIED', actual }] });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('an inspector in a process whose threads are all told something else', () => {
  /** Posts null from every thread, and to it, before anything of it runs. */
  const PRELOAD = `
    const { parentPort } = require('node:worker_threads');
    parentPort?.postMessage(null);
    parentPort?.postMessage('of another');
    process.on('worker', (worker) => {
      worker.postMessage(null);
      worker.postMessage({ type: 'other' });
      worker.emit('message', null);
    });`;

  it('passes it over', async () => {
    const preload = join(temporaryDirectory(), 'preload.cjs');
    writeFileSync(preload, PRELOAD);
    const artifacts = { 'trades.json': JSON.stringify(Array.from({ length: 100_000 }, (_, index) => index)) };
    const { root, runId } = makeRun({ artifacts });
    const input: ContentsInput = { root, runId, validator: 'json', settings: {}, options: { threads: 2 } };
    const environment = { NODE_OPTIONS: `--require ${preload}` };
    const { answer, warnings } = await runChild<ContentsOutput>('contents', input, { environment });
    expect(answer).toMatchObject({ ok: true, findings: [], coverage: { complete: true } });
    expect(warnings).toStrictEqual([]);
  });
});
