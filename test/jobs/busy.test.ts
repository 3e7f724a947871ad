import { mkdirSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { createCanceller } from '../../src/concurrency/abort.ts';
import { busy, Refusal } from '../../src/model/errors.ts';
import { inspectRun } from '../../src/inspect/inspect-run.ts';
import { inspectionSettings } from '../../src/inspect/options.ts';
import { shareReads } from '../../src/verify/shared-reads.ts';
import { heldBelow, letGo } from '../support/descriptors.ts';
import { lacks } from '../support/needs.ts';
import { makeRun, RUN_ID } from '../support/runs.ts';
import { steppedRoot, steppedShared } from '../support/stepped.ts';

const skip = lacks('what is held while unlisted files are looked for', 'linux');

it.skipIf(skip)(
  'an inspection that ends in BUSY while it looks for unlisted files holds nothing then',
  async () => {
    const run = makeRun();
    for (let index = 0; index < 2_000; index += 1)
      mkdirSync(run.at('deep', String(index % 50), String(index), 'below'), { recursive: true });
    const refuse = async (): Promise<never> => {
      await vi.waitUntil(() => heldBelow(run.at('deep')).length > 0, { timeout: 60_000, interval: 1 });
      throw new Refusal(busy('every thread for reading is held by hung storage'));
    };
    const shared = steppedShared(steppedRoot(run.root), { takesTurns: true });
    const answer = await inspectRun({ run_id: RUN_ID }, inspectionSettings({}), createCanceller(), {
      ...shared,
      sharedReads: shareReads({ read: refuse }),
    });
    expect(answer).toMatchObject({ ok: false, error: { code: 'BUSY' } });
    await letGo(run.path);
  },
);
