import { expect, it, onTestFinished } from 'vitest';
import { createInspector } from '../../src/index.ts';
import { beingRead } from '../support/descriptors.ts';
import { makeLargeRun } from '../support/large-run.ts';
import { RUN_ID } from '../support/runs.ts';

const request = { run_id: RUN_ID };
/** As many calls with a budget as are worked on at once. */
const PLACES = 4;

it('getBackupRun() answers when its budget is over, though it waits for calls with a longer one', async () => {
  const run = makeLargeRun();
  // So slow that every inspection takes all of its time.
  const inspector = createInspector({ root: run.root, maxBytesPerSecond: 1_000_000 });
  onTestFinished(() => inspector.close());
  const order: string[] = [];
  const slow = Array.from({ length: PLACES }, async () => {
    await inspector.getBackupRun(request, { timeBudgetMs: 2_500 });
    order.push('long');
  });
  await beingRead(run.at('trades.db'));
  const answer = await inspector.getBackupRun(request, { timeBudgetMs: 100 });
  order.push('short');
  await Promise.all(slow);
  // It never came to look for the run.
  expect(answer).toMatchObject({ ok: false, error: { code: 'BUSY' } });
  expect(order).toStrictEqual(['short', ...slow.map(() => 'long')]);
});
