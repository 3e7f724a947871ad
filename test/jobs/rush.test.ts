import { expect, it, onTestFinished } from 'vitest';
import { createInspector } from '../../src/index.ts';
import { makeRun, RUN_ID } from '../support/runs.ts';

it('calls that come in a rush, again and again, keep the threads that the first of them started', async () => {
  // What does not parse is read again for a while, so that each call holds a thread for longer than it takes to start one.
  const run = makeRun({ manifest: { type: 'no such type' } });
  let started = 0;
  const count = (): void => void (started += 1);
  process.on('worker', count);
  const inspector = createInspector({ root: run.root, threads: 2 });
  onTestFinished(() => {
    process.off('worker', count);
    return inspector.close();
  });
  const rush = async (): Promise<void> => {
    const calls = Array.from({ length: 64 }, () => inspector.getBackupRun({ run_id: RUN_ID }));
    for (const answer of await Promise.all(calls))
      expect(answer).toHaveProperty('error.code', 'MANIFEST_INVALID');
  };
  await rush();
  const first = started;
  expect(first).toBeGreaterThan(0);
  for (let again = 0; again < 4; again += 1) await rush();
  // Where this process was itself kept waiting, some may have been retired meanwhile; every rush started as many once.
  expect(started - first).toBeLessThan(2 * first);
});
