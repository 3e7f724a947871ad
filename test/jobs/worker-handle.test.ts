import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { createRateLimit } from '../../src/hashing/rate-limit.ts';
import { CONTROL } from '../../src/jobs/protocol.ts';
import { startWorker } from '../../src/jobs/worker-handle.ts';

/** Takes up its first job as if it read 700 bytes, came to the second item, and was at a path; leaves all others lying. */
const SOURCE = `
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  parentPort.once('message', ({ id }) => {
    Atomics.store(new BigInt64Array(workerData.bytes), 0, 700n);
    Atomics.store(new Int32Array(workerData.control), ${CONTROL.item}, 1);
    Atomics.store(new Int32Array(workerData.control), ${CONTROL.job}, id);
    new Int32Array(workerData.path, 0, 1)[0] = Buffer.from(workerData.path, 4).write('backups/größe');
    parentPort.postMessage({ id, type: 'aborted' });
  });
  parentPort.on('message', () => undefined);`;

it('a thread says nothing of the last job once it has been given another', async () => {
  const done = new EventTarget();
  const thread = startWorker(
    { source: SOURCE, root: '/', rateLimit: createRateLimit(null) },
    { onReply: () => done.dispatchEvent(new Event('done')), onExit: () => undefined },
  );
  onTestFinished(async () => void (await thread.terminate()));
  thread.post({ type: 'catalog', stalled: [] });
  await once(done, 'done');
  expect([thread.hasBegun(), thread.bytesRead(), thread.item(), thread.path()]).toEqual([
    true,
    700,
    1,
    'backups/größe',
  ]);
  thread.post({ type: 'catalog', stalled: [] });
  expect([thread.hasBegun(), thread.bytesRead(), thread.item()]).toEqual([false, 0, 0]);
});
