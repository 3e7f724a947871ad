import { expect, it, onTestFinished } from 'vitest';
import { createCanceller } from '../../src/concurrency/abort.ts';
import { createInspector } from '../../src/index.ts';
import type { JobOutcome } from '../../src/jobs/task.ts';
import { createInProcess } from '../../src/jobs/in-process.ts';
import { createRateLimit } from '../../src/hashing/rate-limit.ts';
import type { Job } from '../../src/jobs/protocol.ts';
import { locate } from '../../src/repository/locate-run.ts';
import { beingRead } from '../support/descriptors.ts';
import { makeLargeRun } from '../support/large-run.ts';
import { makeRun, RUN_ID } from '../support/runs.ts';
import { steppedIo, steppedRoot } from '../support/stepped.ts';

/** Reads that are worked on at once. */
const READS = 4;

it('run() on this thread does not let a look wait for reads, however many there are', async () => {
  const { root: path, runId } = makeRun();
  const root = steppedRoot(path);
  const { handle, directory, path: shown } = locate(root, runId, steppedIo());
  onTestFinished(() => handle.release());
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  // A rate keeps the reads waiting before their first byte.
  const inProcess = createInProcess(root, createRateLimit(1_000), (io) => ({ ...io, pause: () => opened }));
  const { dev, ino, size, mtimeNs, ctimeNs } = handle.stats;
  const run = { runId, directory, path: shown, fd: handle.fd, dev, ino, size, mtimeNs, ctimeNs };
  const files = { paths: 'trades.db', sizes: Float64Array.of(20) };
  const order: string[] = [];
  const perform = async (type: 'read' | 'look'): Promise<void> => {
    const job: Job = { type, run, files };
    const ignore = (): void => undefined;
    const cancellation = createCanceller();
    const task = { job, taskClass: 'bulk', since: 0, cancellation, settle: ignore, onBytes: ignore } as const;
    const outcome: JobOutcome = await inProcess.run(task);
    const [first] =
      outcome.type === 'done' && Array.isArray(outcome.result) ? (outcome.result as { type: string }[]) : [];
    order.push(`${type}: ${first?.type}`);
  };
  const reads = Array.from({ length: 2 * READS }, () => perform('read'));
  const look = perform('look');
  // Nothing but a permit is between the look and its end.
  await new Promise((resolve) => setImmediate(resolve));
  open();
  await Promise.all([...reads, look]);
  expect(order).toStrictEqual(['look: regular', ...reads.map(() => 'read: content')]);
});

it('an inspection on this thread whose budget is over answers, though others wait for the read it began', async () => {
  const run = makeLargeRun();
  const inspector = createInspector({ root: run.root, threads: 0, maxBytesPerSecond: 1_000_000 });
  onTestFinished(() => inspector.close());
  const request = { run_id: RUN_ID };
  // Whatever has to be loaded is loaded: the first one begins the read well within its time.
  await inspector.getBackupRun(request, { level: 'size' });
  const order: string[] = [];
  const inspect = async (timeBudgetMs: number): Promise<void> => {
    const answer = await inspector.getBackupRun(request, { timeBudgetMs });
    expect(answer).toMatchObject({ ok: true, coverage: { complete: false } });
    order.push(`budget of ${timeBudgetMs}`);
  };
  const first = inspect(1_500);
  await beingRead(run.at('trades.db'));
  await Promise.all([first, inspect(2_000), inspect(3_000)]);
  expect(order).toStrictEqual(['budget of 1500', 'budget of 2000', 'budget of 3000']);
});
