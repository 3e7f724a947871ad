/** Inspects on a faulty disk while orders hold, and after they are withdrawn, and reports the answers. */

import {
  createInspector,
  getBackupRun,
  type Answer,
  type InspectionOptions,
  type InspectorOptions,
} from '../../../src/index.ts';
import type { FaultyDisk } from '../faulty-disk.ts';
import { splitOptions } from '../options.ts';
import { takeOrders } from './orders.ts';
import { input, quietDescriptors, say, settledDescriptors } from './say.ts';

export interface FaultyInput extends FaultyDisk {
  readonly request: { readonly run_id: string };
  readonly orders: readonly string[];
  readonly options?: InspectionOptions & Omit<InspectorOptions, 'root'>;
}

export interface FaultyOutput {
  /** When nothing fails. */
  readonly sound: Answer;
  /** While the orders hold. */
  readonly answer: Answer;
  /** After they were withdrawn, of the same inspector. */
  readonly recovered: Answer;
  readonly descriptors: { readonly before: number; readonly after: number };
}

const { mount, socket, request, orders, options = {} } = input() as FaultyInput;
const disk = await takeOrders(socket);
await getBackupRun(request, { root: mount, ...options });
const before = await quietDescriptors();
const { own, call } = splitOptions(options);
const inspector = createInspector({ root: mount, ...own });
const inspect = (): Promise<Answer> => inspector.getBackupRun(request, call);

const sound = await inspect();
await disk.give(...orders);
const answer = await inspect();
await disk.give('release', 'types yes');
const recovered = await inspect();
await inspector.close();
const after = await settledDescriptors(before);
disk.end();
say({ sound, answer, recovered, descriptors: { before, after } } satisfies FaultyOutput);
