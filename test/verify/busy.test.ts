import { mkdirSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { createCanceller } from '../../src/concurrency/abort.ts';
import { createSemaphore } from '../../src/concurrency/semaphore.ts';
import { inspectRun } from '../../src/inspect/inspect-run.ts';
import { inspectionSettings, inspectorSettings } from '../../src/inspect/options.ts';
import { createDisk } from '../../src/store/disk.ts';
import { OutOfThreads } from '../../src/fs/errno.ts';
import { createRoot } from '../../src/fs/root.ts';
import type { Hasher } from '../../src/verify/hashing/hasher.ts';
import { shareReads } from '../../src/hashing/shared-reads.ts';
import { heldBelow } from '../support/descriptors.ts';
import { lacks } from '../support/needs.ts';
import { makeRun, RUN_ID } from '../support/runs.ts';

const skip = lacks('what is held while strays are looked for', 'linux');

it.skipIf(skip)('an inspection that ends in BUSY while it looks for strays holds nothing then', async () => {
  const run = makeRun();
  for (let index = 0; index < 2_000; index += 1)
    mkdirSync(run.at('deep', String(index % 50), String(index), 'below'), { recursive: true });
  const refuse = async (): Promise<never> => {
    await vi.waitUntil(() => heldBelow(run.at('deep')).length > 0, { timeout: 10_000, interval: 1 });
    throw new OutOfThreads();
  };
  const hasher: Hasher = {
    look: refuse,
    read: refuse,
    prepare: () => undefined,
    close: () => Promise.resolve(),
  };
  const settings = inspectorSettings({ root: run.root });
  const answer = await inspectRun({ run_id: RUN_ID }, inspectionSettings({}), createCanceller(), {
    root: createRoot(run.root),
    limits: settings.limits,
    gateFor: () => createSemaphore(1),
    disk: createDisk(settings),
    hasher,
    sharing: shareReads(hasher),
    memo: null,
    contents: { check: ({ judged }) => Promise.resolve(judged) },
  });
  const held = heldBelow(run.path);
  expect(answer).toMatchObject({ ok: false, error: { code: 'BUSY' } });
  expect(held).toStrictEqual([]);
});
