import { expect, it, onTestFinished } from 'vitest';
import { createCanceller } from '../../src/concurrency/abort.ts';
import { createInspector } from '../../src/index.ts';
import type { Session } from '../../src/store/disk.ts';
import { locate } from '../../src/repository/locate-run.ts';
import { createInProcessHasher } from '../../src/jobs/in-process.ts';
import { createSchedule } from '../../src/hashing/rate-limit.ts';
import { beingRead } from '../support/descriptors.ts';
import { makeLargeRun } from '../support/large-run.ts';
import { makeRun, RUN_ID } from '../support/runs.ts';
import { createDriver, steppedRoot } from '../support/stepped.ts';

/** Reads that are worked on at once. */
const READS = 4;

it('look() of a hasher on this thread does not wait for reads, however many there are', async () => {
  const { root, runId } = makeRun();
  const drive = createDriver(() => undefined);
  const run = drive(locate(steppedRoot(root), runId));
  onTestFinished(() => drive(run.pin.release()));
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let plans = 0;
  // Storage that keeps the first plans waiting, which are those of the reads.
  const disk: Session = {
    async perform(plan) {
      plans += 1;
      if (plans <= READS) await opened;
      return drive(plan);
    },
    end: async (plan) => drive(plan),
    drain: () => Promise.resolve(),
  };
  const hasher = createInProcessHasher(null, createSchedule(), disk);
  const request = {
    run,
    files: [{ names: ['trades.db'], size: 20 }],
    cancellation: createCanceller(),
    onBytes: () => undefined,
  };
  const order: string[] = [];
  const reads = Array.from({ length: 2 * READS }, async () => {
    const [reading] = await hasher.read(request);
    order.push(`read: ${reading?.found}`);
  });
  const looking = hasher.look(request).then(([look]) => order.push(`look: ${look?.found}`));
  // Nothing but the gates is between the look and its end.
  await new Promise((resolve) => setImmediate(resolve));
  open();
  await Promise.all([...reads, looking]);
  expect(order).toStrictEqual(['look: regular', ...reads.map(() => 'read: read')]);
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
