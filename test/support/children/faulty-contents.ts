/** Has a disk fail in the middle of a validation, and reports what is answered then and afterwards. */

import { createInspector, type Answer, type InspectorOptions, type Validator } from '../../../src/index.ts';
import type { FaultyDisk } from '../faulty-disk.ts';
import { takeOrders } from './orders.ts';
import { input, quietDescriptors, say, settledDescriptors } from './say.ts';

export interface FaultyContentsInput extends FaultyDisk {
  readonly request: { readonly run_id: string };
  /** Are given when the validator begins. */
  readonly orders: readonly string[];
  readonly options: Omit<InspectorOptions, 'root' | 'validators'>;
}

export interface FaultyContentsOutput {
  readonly answer: Answer;
  /** After the orders were withdrawn, of the same inspector. */
  readonly recovered: Answer;
  readonly descriptors: { readonly before: number; readonly after: number };
}

const { mount, socket, request, orders, options } = input() as FaultyContentsInput;
const disk = await takeOrders(socket);
let isFaulty = false;

const reading: Validator = {
  name: 'reading',
  applies: ({ logical_name: name }) => name === 'trades.db',
  async validate(file) {
    if (isFaulty) await disk.give(...orders);
    let size = 0;
    for await (const chunk of file.chunks()) size += chunk.length;
    return size === file.size ? { ok: true } : { ok: false, reason: `${size} bytes` };
  },
};
const inspector = createInspector({ root: mount, ...options, validators: [reading] });
await inspector.getBackupRun(request);
const before = await quietDescriptors();
isFaulty = true;
const answer = await inspector.getBackupRun(request);
isFaulty = false;
await disk.give('release');
const recovered = await inspector.getBackupRun(request);
const after = await settledDescriptors(before);
await inspector.close();
disk.end();
say({ answer, recovered, descriptors: { before, after } } satisfies FaultyContentsOutput);
