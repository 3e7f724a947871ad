import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runChild } from './support/built.ts';
import type { GlobalsInput, GlobalsOutput, HostName } from './support/children/globals.ts';
import { lacks } from './support/needs.ts';
import { makeLargeRun } from './support/large-run.ts';
import { makeRun, RUN_ID } from './support/runs.ts';

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
