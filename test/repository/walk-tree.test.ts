import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { expect, it, onTestFinished, vi } from 'vitest';
import { getBackupRun } from '../../src/index.ts';
import { makeRun, RUN_ID, tradesRecord } from '../support/runs.ts';
import { warnings } from '../support/warnings.ts';

it('walkTree() lists many directories without a warning, when the machine has many processors', async () => {
  // fast-glob asks for as many directories at once as there are processors, which it counts when it is loaded.
  const [processor] = os.cpus();
  const spy = vi.spyOn(os, 'cpus').mockReturnValue(Array.from({ length: 64 }, () => processor!));
  onTestFinished(() => spy.mockRestore());
  const run = makeRun();
  for (let index = 0; index < 100; index += 1) {
    mkdirSync(run.at(`directory-${index}`));
    writeFileSync(run.at(`directory-${index}/stray`), '');
  }
  const given = warnings();
  const answer = await getBackupRun({ run_id: RUN_ID }, { root: run.root, threads: 0 });
  expect(answer).toMatchObject({ ok: true, coverage: { findingsTotal: 100 } });
  expect(spy).toHaveBeenCalled();
  expect(given).toEqual([]);
});

it('findUnlisted() leaves out files that are claimed, whatever their names are made of, but not what is in directories', async () => {
  const artifacts = { 'plain.db': 'a', 'sub/größe \n*.db': 'b', 'sub/[deep]/x': 'c' };
  const run = makeRun({ artifacts });
  for (const stray of ['größe \n*.db', 'sub/plain.db', 'sub/[deep]/y']) writeFileSync(run.at(stray), '');
  mkdirSync(run.at('claimed'));
  writeFileSync(run.at('claimed/stray'), '');
  const record = tradesRecord({ ...artifacts, claimed: '' });
  writeFileSync(run.at('participants/trades.json'), JSON.stringify(record));
  const answer = await getBackupRun({ run_id: RUN_ID }, { root: run.root, threads: 0 });
  expect(answer.ok && answer.findings.map(({ code, path }) => [code, path?.split(`${RUN_ID}/`)[1]])).toEqual([
    ['ARTIFACT_NOT_REGULAR_FILE', 'claimed'],
    ['ARTIFACT_UNLISTED', 'claimed/stray'],
    ['ARTIFACT_UNLISTED', 'größe \n*.db'],
    ['ARTIFACT_UNLISTED', 'sub/[deep]/y'],
    ['ARTIFACT_UNLISTED', 'sub/plain.db'],
  ]);
});
