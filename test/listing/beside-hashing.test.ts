import { describe, expect, it, onTestFinished } from 'vitest';
import { createCommandHandler, createInspector } from '../../src/index.ts';
import { beingRead } from '../support/descriptors.ts';
import { makeLargeRun } from '../support/large-run.ts';
import { RUN_ID } from '../support/runs.ts';

const ADMIN = { role: 'SESSION_ADMIN' };

describe('a list of a service whose commands have a time budget', () => {
  it('does not wait for inspections that hash, however many there are', { timeout: 300_000 }, async () => {
    const run = makeLargeRun();
    // So slow that every inspection takes all of its time.
    const inspector = createInspector({ root: run.root, maxBytesPerSecond: 1_000_000 });
    onTestFinished(() => inspector.close());
    const handle = createCommandHandler(inspector, { timeBudgetMs: 3_000 });
    const data = { run_id: RUN_ID };
    const order: string[] = [];
    const slow = Array.from({ length: 8 }, async () => {
      await handle({ command: 'GetBackupRun', data }, ADMIN);
      order.push('inspection');
    });
    await beingRead(run.at('trades.db'));
    const listing = await handle({ command: 'GetBackupRuns' }, ADMIN);
    order.push('list');
    await Promise.all(slow);
    expect(listing).toHaveProperty('rows.length', 1);
    expect(order[0]).toBe('list');
  });
});
