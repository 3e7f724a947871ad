import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { expect, it, onTestFinished, vi } from 'vitest';
import { getBackupRun } from '../../src/index.ts';
import { makeRun, RUN_ID } from '../support/runs.ts';
import { warnings } from '../support/warnings.ts';

it('find() lists many directories without a warning, when the machine has many processors', async () => {
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
  const answer = await getBackupRun({ run_id: RUN_ID }, { root: run.root });
  expect(answer).toMatchObject({ ok: true, coverage: { findingsTotal: 100 } });
  expect(spy).toHaveBeenCalled();
  expect(given).toEqual([]);
});
