import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createInspector, type ListedRun } from '../../src/index.ts';
import { DELETIONS, life, makeRoot, type Published, type Step } from '../support/daemon.ts';
import { letGo } from '../support/descriptors.ts';
import { collect, idOf } from '../support/listed.ts';
import { lacks, tell } from '../support/needs.ts';
import { makeRun, RUN_ID, temporaryDirectory } from '../support/runs.ts';
import { listStepped, steppedRoot } from '../support/stepped.ts';

const skip = lacks('interleavings of a listing with a daemon', 'linux');

/** A run that stays where it is. */
const STAY = ['20260629-121045-000000'];

function makeRoots(): string {
  const root = makeRoot(temporaryDirectory());
  for (const [index, runId] of STAY.entries())
    makeRun({ root, runId, manifest: { started_at: 1_782_727_000 + index } });
  return root;
}

/** Fails unless every row is a run, those that stay are there once, and the one that moves at most once. */
function expectSound(rows: readonly ListedRun[], when: string): void {
  expect(
    rows.filter(({ ok }) => !ok),
    when,
  ).toEqual([]);
  const ids = rows.map(idOf);
  expect(ids.filter((id) => id !== RUN_ID).toSorted(), when).toEqual(STAY);
  expect(ids.filter((id) => id === RUN_ID).length, when).toBeLessThanOrEqual(1);
}

/** Lists once for each of its system calls: from that one on, a step is made before each, or before some. */
async function raceAtEveryCall(
  prepare: (root: string) => void,
  steps: readonly Step[],
  filter: { participants?: boolean; limit?: number } = {},
  every = 1,
): Promise<{ readonly times: number; readonly seen: Set<string> }> {
  const seen = new Set<string>();
  for (let first = 0; ; first += 1) {
    const root = makeRoots();
    prepare(root);
    const waiting = [...steps];
    const rows = await listStepped(steppedRoot(root), filter, {
      before: (call) => {
        if (call >= first && (call - first) % every === 0) waiting.shift()?.apply(root);
      },
    });
    rmSync(root, { recursive: true });
    expectSound(rows, `from call ${first}`);
    seen.add(rows.flatMap((row) => (row.ok && row.run.run_id === RUN_ID ? row.run.status : [])).join());
    if (waiting.length === steps.length) return { times: first, seen };
  }
}

function play(steps: readonly Step[]): (root: string) => void {
  return (root) => {
    for (const step of steps) step.apply(root);
  };
}

describe.skipIf(skip)('listBackupRuns(), at whichever of its calls,', { timeout: 300_000 }, () => {
  const born = life('first');
  // From its first manifest on a run can be read.
  const readable = born.findIndex(({ name }) => name === 'replace manifest.json') + 1;

  it.each([{}, { limit: 10 }, { participants: true }])(
    'reads a run once that is published, %j',
    async (filter) => {
      const { times, seen } = await raceAtEveryCall(play(born.slice(0, -1)), born.slice(-1), filter);
      expect(times).toBeGreaterThan(20);
      // It is there all the time; until it is published it does not count as completed.
      expect([...seen].toSorted()).toEqual(['completed', 'running']);
      tell(`listing: published before each of ${times} calls, ${JSON.stringify(filter)}`);
    },
  );

  it('looks again before it calls a status a conflict', async () => {
    const listed = async (
      steps: readonly Step[],
      publishAt: number,
    ): Promise<{ calls: number; status: string }> => {
      const root = makeRoots();
      play(steps)(root);
      let calls = 0;
      const rows = await listStepped(
        steppedRoot(root),
        {},
        {
          before: (call) => {
            calls = call + 1;
            if (call === publishAt) play(born.slice(-1))(root);
          },
        },
      );
      expectSound(rows, `published at call ${publishAt}`);
      return {
        calls,
        status: rows.flatMap((row) => (row.ok && row.run.run_id === RUN_ID ? row.run.status : [])).join(),
      };
    };
    const running = await listed(born.slice(0, -2), -1);
    expect(running.status).toBe('running');
    // As many calls as suffice for a run in which nothing is wrong; then it is published.
    expect(await listed(born.slice(0, -1), running.calls)).toHaveProperty('status', 'completed');
    expect(await listed(born.slice(0, -1), -1)).toHaveProperty('status', 'running');
  });

  it('reads a run once that a daemon is at work on, from its first manifest on', async () => {
    const { seen } = await raceAtEveryCall(play(born.slice(0, readable)), born.slice(readable));
    for (const status of seen) expect(['running', 'completed']).toContain(status);
  });

  it.each(['failed', 'partial', 'cancelled', 'timeout'] as Published[])(
    'reads a run once that ends as %s',
    async (place) => {
      const steps = life('first', place);
      const { seen } = await raceAtEveryCall(play(steps.slice(0, -2)), steps.slice(-2));
      for (const status of seen) expect(['running', place, 'timeout']).toContain(status);
    },
  );

  it.each([2, 4, 6])(
    'has a run that is deleted slowly, a step at each %i calls, once or not at all',
    async (every) => {
      for (const way of Object.values(DELETIONS)) {
        const { seen } = await raceAtEveryCall(play(born), way('completed'), {}, every);
        expect([...seen]).toEqual(expect.arrayContaining(['', 'completed']));
      }
    },
  );

  it.each(Object.keys(DELETIONS) as (keyof typeof DELETIONS)[])(
    'has a run that is deleted, %s, once or not at all',
    async (way) => {
      const { seen } = await raceAtEveryCall(play(born), DELETIONS[way]('completed'));
      expect([...seen]).toEqual(expect.arrayContaining(['', 'completed']));
    },
  );

  it.each(Object.keys(DELETIONS) as (keyof typeof DELETIONS)[])(
    'has a run that is deleted, %s, once or not at all, with participants',
    async (way) => {
      const { seen } = await raceAtEveryCall(play(born), DELETIONS[way]('completed'), { participants: true });
      expect([...seen]).toEqual(expect.arrayContaining(['', 'completed']));
    },
  );

  it('has a run that appears once or not at all', async () => {
    const away = (root: string): string => join(root, '.new');
    const appear: Step = {
      name: 'appear',
      apply: (root) => renameSync(away(root), join(root, 'completed', RUN_ID)),
    };
    const make = (root: string): void => {
      makeRun({ root, runId: RUN_ID });
      renameSync(join(root, 'completed', RUN_ID), away(root));
    };
    const { seen } = await raceAtEveryCall(make, [appear]);
    expect([...seen].toSorted()).toEqual(['', 'completed']);
  });

  it('has a run once that moves from place to place, and back', async () => {
    const places = ['completed', 'failed', 'partial', '.running', 'completed', 'timeout', 'completed'];
    const moves = places.slice(1).map((to, index): Step => {
      const from = places[index]!;
      return { name: to, apply: (root) => renameSync(join(root, from, RUN_ID), join(root, to, RUN_ID)) };
    });
    const back = [...moves, ...moves.slice(-1)].slice(0, moves.length);
    // One move at each call is faster than anything that is said to be found.
    for (let first = 0; first < 60; first += 1) {
      const root = makeRoots();
      play(born)(root);
      const waiting = [...back];
      const rows = await listStepped(
        steppedRoot(root),
        {},
        {
          before: (call) => {
            if (call >= first && (call - first) % 9 === 0) waiting.shift()?.apply(root);
          },
        },
      );
      const ids = rows.map(idOf);
      expect(ids.filter((id) => id !== RUN_ID).toSorted(), `from ${first}`).toEqual(STAY);
      expect(ids.filter((id) => id === RUN_ID).length, `from ${first}`).toBeLessThanOrEqual(1);
      rmSync(root, { recursive: true });
    }
  });
});

describe('listBackupRuns() while everything moves', () => {
  it('has each run once or not at all, and nothing but runs', { timeout: 300_000 }, async () => {
    const root = makeRoot(temporaryDirectory());
    const moving = Array.from({ length: 300 }, (_, index) => `moving-${index}`);
    const staying = Array.from({ length: 40 }, (_, index) => `staying-${index}`);
    const away = join(root, 'away');
    mkdirSync(away);
    const manifest = { status: 'partial', participants: [] };
    for (const runId of [...moving, ...staying]) makeRun({ root, runId, directory: 'completed', manifest });
    const places = ['completed', 'failed', 'partial', 'away'];
    const at = new Map(moving.map((runId) => [runId, 0]));
    let moves = 0;
    let isOver = false;
    // All places hold partial runs, so that no move makes a conflict; the last one is no status directory.
    const move = (): void => {
      // Each goes round once: one that never rests is refused for that.
      if (isOver || moves === moving.length * places.length) return;
      const runId = moving[moves % moving.length]!;
      const from = at.get(runId)!;
      const to = (from + 1) % places.length;
      renameSync(join(root, places[from]!, runId), join(root, places[to]!, runId));
      at.set(runId, to);
      moves += 1;
      setImmediate(move);
    };
    onTestFinished(() => {
      isOver = true;
    });
    await using inspector = createInspector({ root });
    move();
    for (let time = 0; time < 12; time += 1) {
      const rows = await collect(inspector.listBackupRuns(time % 2 === 0 ? {} : { participants: true }));
      expect(rows.filter(({ ok }) => !ok)).toEqual([]);
      const ids = rows.map(idOf);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.filter((id) => id.startsWith('staying')).toSorted()).toEqual(staying.toSorted());
    }
    isOver = true;
    expect(moves).toBeGreaterThan(100);
    await letGo(root);
  });
});
