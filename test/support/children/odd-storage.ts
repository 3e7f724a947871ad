/** What an inspection and a listing say of a faulty disk while its orders hold, and how often a timer of the program fired meanwhile. */

import {
  createInspector,
  type Answer,
  type InspectionOptions,
  type InspectorOptions,
  type ListedRun,
} from '../../../src/index.ts';
import type { FaultyDisk } from '../faulty-disk.ts';
import { splitOptions } from '../options.ts';
import { takeOrders } from './orders.ts';
import { input, quietDescriptors, say, settledDescriptors } from './say.ts';

export interface OddStorageInput extends FaultyDisk {
  readonly request: { readonly run_id: string };
  /** Hold in all but the first calls. One that hangs, hangs at least once in each. */
  readonly orders: readonly string[];
  readonly options: InspectionOptions & Omit<InspectorOptions, 'root'>;
}

/** What both calls say. */
export interface Told {
  readonly answer: Answer;
  readonly rows: readonly ListedRun[];
}

export interface OddStorageOutput {
  /** When nothing is odd. */
  readonly sound: Told;
  readonly odd: Told;
  /** Firings between the first hang and the answer of the call that met it; null where nothing hangs. */
  readonly ticks: number | null;
  readonly descriptors: { readonly before: number; readonly after: number };
}

/** Milliseconds between two firings. */
const TICK = 20;

const { mount, socket, request, orders, options } = input() as OddStorageInput;
const disk = await takeOrders(socket);
const { own, call } = splitOptions(options);

async function tell(inspector: ReturnType<typeof createInspector>): Promise<Told> {
  const answer = await inspector.getBackupRun(request, call);
  const rows: ListedRun[] = [];
  for await (const row of inspector.listBackupRuns()) rows.push(row);
  return { answer, rows };
}

let ticks = 0;
const ticking = setInterval(() => (ticks += 1), TICK);
// Its first call has Node start whatever it keeps.
const first = createInspector({ root: mount, ...own });
const sound = await tell(first);
await first.close();
const before = await quietDescriptors();

const inspector = createInspector({ root: mount, ...own });
await disk.give(...orders);
const told = tell(inspector);
const hangs = orders.some((order) => order.startsWith('hang'));
let atHang = 0;
if (hangs) {
  await disk.hung();
  atHang = ticks;
}
const odd = await told;
const fired = ticks - atHang;
clearInterval(ticking);
await disk.give('release');
await inspector.close();
const after = await settledDescriptors(before);
disk.end();
say({ sound, odd, ticks: hangs ? fired : null, descriptors: { before, after } } satisfies OddStorageOutput);
