import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { runChild } from '../support/built.ts';
import type { ListInput } from '../support/children/list.ts';
import { memoryCgroup } from '../support/memory-cgroup.ts';
import { lacks } from '../support/needs.ts';
import { makeRun, temporaryDirectory } from '../support/runs.ts';

const skipped = lacks('the memory of a listing', 'linux', 'root', 'a memory cgroup');

it.skipIf(skipped)(
  'a list of runs whose manifests hold long texts takes little memory at once',
  { timeout: 300_000 },
  async () => {
    const root = join(temporaryDirectory(), 'backups');
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const error_summary = 'x'.repeat(15 * 2 ** 20);
    const ids = Array.from({ length: 32 }, (_, index) => `run-${String(index).padStart(2, '0')}`);
    for (const runId of ids) makeRun({ root, runId, manifest: { error_summary } });
    const given: ListInput = { options: { root }, filter: {} };
    // Together the texts have 480 MiB, and each is in a thread before it is here: all at once took 1,571.
    const { under, peak } = memoryCgroup(4096 * 2 ** 20);
    expect(await runChild<string[]>('list', given, { under })).toEqual(ids.toReversed());
    expect(peak()).toBeLessThan(640 * 2 ** 20);
  },
);
