import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { getBackupRun } from '../../../src/index.ts';
import { lacks } from '../../support/needs.ts';
import { makeRun, RUN_ID, tradesRecord, type MadeRun } from '../../support/runs.ts';
import { inspectStepped, steppedRoot } from '../../support/stepped.ts';

describe('getBackupRun() answers', () => {
  it(
    'about more findings than a call takes arguments, of one participant',
    { timeout: 300_000 },
    async () => {
      const run = makeRun();
      const count = 70_000;
      const artifacts = Array.from({ length: count }, () => ({ logical_name: 'again' }));
      writeFileSync(run.at('participants/trades.json'), JSON.stringify(tradesRecord({}, { artifacts })));
      const answer = await getBackupRun({ run_id: RUN_ID }, { root: run.root });
      // Each is missing, each but the first is a duplicate, and nobody claims what is there.
      expect(answer).toMatchObject({ ok: true, coverage: { artifacts: count, findingsTotal: 2 * count } });
      expect(answer.ok && answer.findings.length).toBe(1_000);
    },
  );
});

describe.skipIf(lacks('the calls of a search', 'linux'))('getBackupRun() makes', () => {
  it(
    'as many calls as there are directories, not more for those that are deep',
    { timeout: 300_000 },
    async () => {
      const shallow = await callsOf((run, index) => run.at(`d${index}`));
      const deep = await callsOf((run, index) => run.at(...Array.from({ length: index + 1 }, () => 'd')));
      expect(deep).toBeLessThan(4 * shallow);
    },
  );

  async function callsOf(pathOf: (run: MadeRun, index: number) => string): Promise<number> {
    const run = makeRun();
    for (let index = 0; index < 300; index += 1) mkdirSync(pathOf(run, index));
    let calls = 0;
    const answer = await inspectStepped(steppedRoot(run.root), RUN_ID, { before: () => (calls += 1) });
    expect(answer.ok).toBe(true);
    return calls;
  }
});
