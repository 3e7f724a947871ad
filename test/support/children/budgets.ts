/** What calls with time budgets, one after another, say of a disk that is slow, and how long each took. */

import { createInspector, type Answer, type InspectionOptions } from '../../../src/index.ts';
import type { FaultyDisk } from '../faulty-disk.ts';
import { takeOrders } from './orders.ts';
import { input, say } from './say.ts';

export interface BudgetsInput extends FaultyDisk {
  readonly request: { readonly run_id: string };
  /** Make it slow. */
  readonly orders: readonly string[];
  /** The first one has no budget. */
  readonly calls: readonly InspectionOptions[];
}

export interface TimedAnswer {
  readonly answer: Answer;
  readonly milliseconds: number;
}

export interface BudgetsOutput {
  /** Of the first call, when the disk is not slow. */
  readonly sound: Answer;
  /** Of all of them when it is. */
  readonly slow: readonly TimedAnswer[];
}

const { mount, socket, request, orders, calls } = input() as BudgetsInput;
const disk = await takeOrders(socket);
await using inspector = createInspector({ root: mount });

async function answer(call: InspectionOptions | undefined): Promise<TimedAnswer> {
  const since = performance.now();
  const given = await inspector.getBackupRun(request, call);
  return { answer: given, milliseconds: performance.now() - since };
}

const sound = await answer(calls[0]);
await disk.give(...orders);
const slow: TimedAnswer[] = [];
for (const call of calls) slow.push(await answer(call));
await disk.give('release');
disk.end();
say({ sound: sound.answer, slow } satisfies BudgetsOutput);
