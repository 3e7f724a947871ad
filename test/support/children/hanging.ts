/** In which order things happen to callers and to the process while the reads of a faulty disk hang. */

import { pbkdf2 } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createInspector, getBackupRun, type Answer } from '../../../src/index.ts';
import type { FaultyDisk } from '../faulty-disk.ts';
import { takeOrders } from './orders.ts';
import { input, quietDescriptors, say, settledDescriptors } from './say.ts';

export interface HangingInput extends FaultyDisk {
  readonly request: { readonly run_id: string };
  readonly scenario: 'abort' | 'close' | 'many';
  /** What hangs: an operation and a path. */
  readonly hang: readonly string[];
}

export interface HangingOutput {
  /** In order. */
  readonly events: readonly string[];
  readonly descriptors: { readonly before: number; readonly after: number };
}

const { mount, socket, request, scenario, hang } = input() as HangingInput;
const disk = await takeOrders(socket);
const events: string[] = [];

/** Far longer than anything takes that does not wait for the disk. */
const NEVER = 60_000;

async function event(name: string, happening: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const never = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, NEVER, 'never');
  });
  const what = await Promise.race([
    happening.then(nameOf, (reason: unknown) => `rejected: ${String(reason)}`),
    never,
  ]);
  clearTimeout(timer);
  events.push(`${name}: ${what}`);
}

function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null || !('ok' in value)) return 'done';
  const answer = value as Answer;
  if (!answer.ok)
    return 'errno' in answer.error ? `${answer.error.code} ${answer.error.errno}` : answer.error.code;
  return answer.findings.map(({ code }) => code).join(' ') || 'ok';
}

/** What the program may want to do beside us. */
async function work(): Promise<void> {
  await Promise.all([
    stat(process.execPath),
    promisify(pbkdf2)('a', 'b', 1_000, 32, 'sha256'),
    lookup('127.0.0.1'),
  ]);
}

const options = { root: mount, stallTimeoutMs: 200 };
await getBackupRun(request, options);
await work();
const before = await quietDescriptors();

if (scenario === 'abort' || scenario === 'close') {
  const inspector = createInspector({ ...options, stallTimeoutMs: 60_000 });
  const controller = new AbortController();
  await disk.give(...hang);
  const inspection = inspector.getBackupRun(request, { signal: controller.signal });
  await disk.hung();
  if (scenario === 'abort') {
    controller.abort(new Error('enough'));
    await event('inspection', inspection);
    await event('work', work());
  } else {
    const closing = inspector.close();
    await event('inspection', inspection);
    await event('work', work());
    await event('close', closing);
  }
  await disk.give('release');
  events.push('released');
  if (scenario === 'abort') await event('next inspection', inspector.getBackupRun(request));
  await inspector.close();
}

if (scenario === 'many') {
  const inspector = createInspector(options);
  await disk.give(...hang);
  const inspect = (): Promise<Answer> => inspector.getBackupRun(request);
  // However many threads it may lose: in the end it says so.
  for (let call = 0; call < 40 && !events.some((each) => each.endsWith('BUSY')); call += 1) {
    await event('inspection', inspect());
  }
  await event('another', inspect());
  await event(
    'listing',
    inspector
      .listBackupRuns()
      .next()
      .then(({ value }) => value ?? 'empty'),
  );
  await event('unknown run', inspector.getBackupRun({ run_id: 'there-is-no-such-run' }));
  await event('work', work());
  await disk.give('release');
  events.push('released');
  await settledDescriptors(before);
  // A thread is there again only when its call has come back, which nobody is told of.
  let answer = await inspect();
  while (!answer.ok && answer.error.code === 'BUSY') {
    await pause(10);
    answer = await inspect();
  }
  await event('inspection', Promise.resolve(answer));
  await inspector.close();
}

const after = await settledDescriptors(before);
disk.end();
say({ events, descriptors: { before, after } } satisfies HangingOutput);
// What never came would keep the process waiting.
process.exit();
