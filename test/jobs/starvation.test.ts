import { truncateSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createInspector, type Answer, type Inspector } from '../../src/index.ts';
import { beingRead, letGo } from '../support/descriptors.ts';
import { lacks } from '../support/needs.ts';
import { makeRun, RUN_ID, type MadeRun } from '../support/runs.ts';

const skipped = lacks('what a process holds open', 'linux');
const timeout = 300_000;

/** Bytes of a file that takes minutes to hash, and no space. */
const HUGE = 100 * 2 ** 30;
const COUNT = 8;
const runIdOf = (index: number): string => `20260701-121045-${String(index).padStart(6, '0')}`;
const names = Array.from({ length: COUNT }, (_, index) => `huge-${index}.db`);

function makeHugeRun(root: string, runId: string, files: readonly string[]): MadeRun {
  const artifacts = files.map((name) => ({ logical_name: name, size_bytes: HUGE, sha256: '0'.repeat(64) }));
  const empty = Object.fromEntries(files.map((name) => [name, '']));
  const run = makeRun({ root, runId, artifacts: empty, trades: { artifacts } });
  for (const name of files) truncateSync(run.at(name), HUGE);
  return run;
}

/** An inspector of a small run and of huge ones, of which the first is being hashed. */
async function hashing(threads: number, runs: readonly (readonly string[])[]): Promise<Hashing> {
  const { root } = makeRun({ artifacts: { 'trades.db': 'x'.repeat(1_000) } });
  const huge = runs.map((files, index) => makeHugeRun(root, runIdOf(index), files));
  const inspector = createInspector({ root, threads });
  onTestFinished(() => inspector.close());
  const controller = new AbortController();
  const ends = huge.map(({ runId }) =>
    inspector.getBackupRun({ run_id: runId }, { signal: controller.signal }).then(
      () => 'answered',
      (reason: unknown) => reason,
    ),
  );
  const begun = huge.flatMap((run, index) => (runs[index] ?? []).map((name) => run.at(name)));
  await Promise.race(begun.map((path) => beingRead(path)));
  return {
    inspector,
    async abort() {
      controller.abort('enough');
      const reasons = await Promise.all(ends);
      await letGo(root);
      return reasons;
    },
  };
}

interface Hashing {
  readonly inspector: Inspector;
  /** Aborts the huge ones; how they ended, when nothing is held any more. */
  readonly abort: () => Promise<unknown[]>;
}

function isWhole(answer: Answer): boolean {
  return answer.ok && answer.coverage.complete && answer.findings.length === 0;
}

const small = { run_id: RUN_ID };

describe.each([1, 2])(
  'getBackupRun() of a small run is answered, whole, by an inspector with threads: %i',
  (threads) => {
    it.skipIf(skipped)('while eight huge artifacts of a run are hashed', { timeout }, async () => {
      const { inspector, abort } = await hashing(threads, [names]);
      expect(isWhole(await inspector.getBackupRun(small, { timeBudgetMs: 20_000 }))).toBe(true);
      expect(isWhole(await inspector.getBackupRun(small))).toBe(true);
      // And several at once.
      const both = Array.from({ length: 8 }, (_, index) =>
        inspector.getBackupRun(small, index % 2 === 0 ? {} : { timeBudgetMs: 20_000 }),
      );
      expect((await Promise.all(both)).map(isWhole)).toStrictEqual(both.map(() => true));
      expect(await abort()).toStrictEqual(['enough']);
      expect(isWhole(await inspector.getBackupRun(small))).toBe(true);
    });

    it.skipIf(skipped)('with a time budget, while eight huge runs are hashed', { timeout }, async () => {
      const { inspector, abort } = await hashing(
        threads,
        names.map((name) => [name]),
      );
      expect(isWhole(await inspector.getBackupRun(small, { timeBudgetMs: 20_000 }))).toBe(true);
      const sizes = await inspector.getBackupRun(small, { level: 'size' });
      expect(sizes).toMatchObject({ ok: true, findings: [] });
      expect(await abort()).toStrictEqual(names.map(() => 'enough'));
      expect(isWhole(await inspector.getBackupRun(small))).toBe(true);
    });
  },
);
