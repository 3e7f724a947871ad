/** Aborts the inspection of a run at every stage, and reports what is left over afterwards. */

import { getEventListeners } from 'node:events';
import { createInspector } from '../../../src/index.ts';
import { input, quietDescriptors, say, settledDescriptors } from './say.ts';

export interface AbortsInput {
  readonly root: string;
  readonly runId: string;
  readonly threads: number;
  /** Stages: turns of the event loop before the abort. */
  readonly stages: number;
}

export interface AbortsOutput {
  readonly node: string;
  readonly aborted: number;
  readonly answered: number;
  readonly descriptors: { readonly before: number; readonly after: number };
  /** Listeners left on the signals of the callers. */
  readonly listeners: number;
  /** What keeps the event loop busy, before and after: timers and threads among them. */
  readonly resources: { readonly before: readonly string[]; readonly after: readonly string[] };
  readonly warnings: readonly string[];
}

const { root, runId, threads, stages } = input() as AbortsInput;
const warnings: string[] = [];
process.on('warning', ({ message }) => warnings.push(message));
const count = { aborted: 0, answered: 0, listeners: 0 };

async function abortAfter(turns: number): Promise<void> {
  const inspector = createInspector({ root, threads });
  const controller = new AbortController();
  const call = inspector.getBackupRun({ run_id: runId }, { signal: controller.signal }).then(
    () => (count.answered += 1),
    () => (count.aborted += 1),
  );
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  await call;
  await inspector.close();
  count.listeners += getEventListeners(controller.signal, 'abort').length;
}

function collect(): void {
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
}

await abortAfter(1_000);
const before = await quietDescriptors();
const resources = process.getActiveResourcesInfo();
count.aborted = 0;
count.answered = 0;
for (let stage = 0; stage < stages; stage += 1) {
  await abortAfter(stage);
  collect();
}
collect();
const after = await settledDescriptors(before);
for (let turn = 0; turn < 400 && String(process.getActiveResourcesInfo()) !== String(resources); turn += 1) {
  await new Promise((resolve) => setImmediate(resolve));
}
say({
  node: process.version,
  ...count,
  descriptors: { before, after },
  resources: { before: resources, after: process.getActiveResourcesInfo() },
  warnings,
} satisfies AbortsOutput);
