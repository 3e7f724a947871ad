/** What becomes of threads and of other calls while the manifests of some runs hang, and when they are let go. */

import { readdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInspector, type Answer } from '../../../src/index.ts';
import type { FaultyDisk } from '../faulty-disk.ts';
import { takeOrders } from './orders.ts';
import { input, say } from './say.ts';

export interface HungMetadataInput extends FaultyDisk {
  readonly threads: number;
  readonly stallTimeoutMs: number;
  readonly healthy: readonly string[];
  /** Runs whose manifests hang. */
  readonly hung: readonly string[];
  /** Whether to let go only after the storage has counted as stalled. */
  readonly untilStalled: boolean;
}

export interface HungMetadataOutput {
  readonly healthy: readonly Answer[];
  readonly hung: readonly Answer[];
  /** Of all runs, after the storage let go. */
  readonly recovered: readonly Answer[];
  /** Threads of this process beside those that it has anyway. */
  readonly threads: { readonly whileHung: number; readonly after: number };
}

const { mount, socket, threads, stallTimeoutMs, healthy, hung, untilStalled } = input() as HungMetadataInput;
const disk = await takeOrders(socket);

function liveThreads(): number {
  return readdirSync('/proc/self/task').length;
}

/** The count when it has come down to `most`, or after a while. */
async function settledThreads(most: number): Promise<number> {
  for (let turn = 0; turn < 1_000 && liveThreads() > most; turn += 1)
    await new Promise((resolve) => setTimeout(resolve, 5));
  return liveThreads();
}

// What Node starts for itself with the first work.
await Promise.all(Array.from({ length: 16 }, () => stat(process.execPath)));
const before = liveThreads();
const inspector = createInspector({ root: mount, threads, stallTimeoutMs });
const inspectAll = (runIds: readonly string[]): Promise<Answer[]> =>
  Promise.all(runIds.map((run_id) => inspector.getBackupRun({ run_id })));

await inspectAll(healthy);
await disk.give(...hung.map((runId) => `hang open -1 /completed/${runId}/manifest.json`));
const waiting = inspectAll(hung);
for (const _ of hung) await disk.hung();
const answers = await inspectAll(healthy);
if (untilStalled) {
  await waiting;
  answers.push(...(await inspectAll(healthy)));
}
const whileHung = liveThreads() - before;
await disk.give('release');
const stalled = await waiting;
const recovered = await inspectAll([...healthy, ...hung]);
const after = (await settledThreads(before + threads + 1)) - before;
await inspector.close();
disk.end();
say({
  healthy: answers,
  hung: stalled,
  recovered,
  threads: { whileHung, after },
} satisfies HungMetadataOutput);
