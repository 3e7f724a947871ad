import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { CONTROL } from '../../src/jobs/protocol.ts';
import { startThread } from '../../src/jobs/worker-handle.ts';

const RUN = { fd: null, root: '/', directory: 'completed', runId: 'none', dev: 0n, ino: 0n } as const;

/** Takes up its first job as if it read 700 bytes and came to the second file; leaves all others lying. */
const SOURCE = `
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  parentPort.once('message', ({ id }) => {
    Atomics.store(new BigInt64Array(workerData.bytes), 0, 700n);
    Atomics.store(new Int32Array(workerData.control), ${CONTROL.file}, 1);
    Atomics.store(new Int32Array(workerData.control), ${CONTROL.job}, id);
    const parcel = { sizes: [], identities: '', digests: '', settled: [], others: new Map() };
    parentPort.postMessage({ id, parcel });
  });
  parentPort.on('message', () => undefined);`;

it('a thread says nothing of the last job once it has been given another', async () => {
  const done = new EventTarget();
  const thread = startThread(
    { source: SOURCE, schedule: new SharedArrayBuffer(8), rate: null },
    { onDone: () => done.dispatchEvent(new Event('done')), onEnd: () => undefined },
  );
  onTestFinished(async () => void (await thread.terminate()));
  thread.give('read', RUN, []);
  await once(done, 'done');
  expect([thread.hasBegun(), thread.bytesRead(), thread.fileAt()]).toEqual([true, 700, 1]);
  thread.give('read', RUN, []);
  expect([thread.hasBegun(), thread.bytesRead(), thread.fileAt()]).toEqual([false, 0, 0]);
});
