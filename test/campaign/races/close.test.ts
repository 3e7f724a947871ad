import { describe, expect, it } from 'vitest';
import { createInspector } from '../../../src/index.ts';
import { heldBelow } from '../../support/descriptors.ts';
import { lacks } from '../../support/needs.ts';
import { makeRun, RUN_ID } from '../../support/runs.ts';

const skip = lacks('what an inspector holds when it is closed', 'linux');

describe.skipIf(skip)('close()', () => {
  it('resolves when nothing of the root is held any more, whatever it interrupts', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `sub/dir/${index}.db`);
    const run = makeRun({ artifacts: Object.fromEntries(names.map((name) => [name, name.repeat(50_000)])) });
    for (let turns = 0; turns < 100; turns += 5) {
      const inspector = createInspector({ root: run.root });
      const inspections = Array.from({ length: 8 }, () => inspector.getBackupRun({ run_id: RUN_ID }));
      const ended = Promise.allSettled(inspections);
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      await inspector.close();
      expect(heldBelow(run.root)).toEqual([]);
      await ended;
    }
  });
});
