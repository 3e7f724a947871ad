import { getEventListeners } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createInspector, type Inspector } from '../../src/index.ts';
import { heldBelow, letGo } from '../support/descriptors.ts';
import { collect, idOf, idsOf } from '../support/listed.ts';
import { makeRun, temporaryDirectory } from '../support/runs.ts';
import { warnings } from '../support/warnings.ts';

function makeMany(count: number): string {
  const root = join(temporaryDirectory(), 'backups');
  for (let index = 0; index < count; index += 1)
    makeRun({ root, runId: `run-${String(index).padStart(3, '0')}`, manifest: { started_at: index } });
  return root;
}

const newestFirst = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `run-${String(index).padStart(3, '0')}`).toReversed();

/** An inspector that is closed when the test ends. */
function inspectorOf(root: string): Inspector {
  const inspector = createInspector({ root });
  onTestFinished(() => inspector.close());
  return inspector;
}

/** What a promise rejects with. */
async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  const [settled] = await Promise.allSettled([promise]);
  if (settled.status === 'fulfilled') throw new Error('expected a rejection');
  return settled.reason;
}

describe('a listing that is left', () => {
  it('holds nothing between two rows, nor when it is left early', async () => {
    const root = makeMany(100);
    const inspector = inspectorOf(root);
    const { signal } = new AbortController();
    let rows = 0;
    for await (const row of inspector.listBackupRuns({ signal })) {
      expect(row.ok).toBe(true);
      expect(heldBelow(root)).toEqual([]);
      expect(getEventListeners(signal, 'abort')).toEqual([]);
      rows += 1;
      if (rows === 50) break;
    }
    expect(heldBelow(root)).toEqual([]);
    await inspector.close();
  });

  it('by a throw holds nothing', async () => {
    const root = makeMany(50);
    const inspector = inspectorOf(root);
    const { signal } = new AbortController();
    const thrown = new Error('enough');
    const looping = (async () => {
      for await (const row of inspector.listBackupRuns({ signal })) if (row.ok) throw thrown;
    })();
    expect(await reasonOf(looping)).toBe(thrown);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(heldBelow(root)).toEqual([]);
  });

  it('and never finished keeps nothing, and keeps nobody from closing', async () => {
    const root = makeMany(100);
    const inspector = inspectorOf(root);
    const { signal } = new AbortController();
    const unbegun = inspector.listBackupRuns({ signal });
    const begun = inspector.listBackupRuns({ signal });
    expect(await begun.next()).toHaveProperty('value.ok', true);
    expect(heldBelow(root)).toEqual([]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await inspector.close();
    expect(await reasonOf(begun.next())).toBeInstanceOf(TypeError);
    expect(await reasonOf(unbegun.next())).toBeInstanceOf(TypeError);
    expect(await begun.next()).toEqual({ done: true, value: undefined });
  });

  it('while a row is on its way holds nothing afterwards', async () => {
    const root = makeMany(200);
    for (let turns = 0; turns < 30; turns += 3) {
      const inspector = inspectorOf(root);
      const listing = inspector.listBackupRuns();
      const next = listing.next();
      for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
      await Promise.all([next, listing.return()]);
      expect(await listing.next()).toEqual({ done: true, value: undefined });
      expect(heldBelow(root)).toEqual([]);
      await inspector.close();
    }
  });

  it('gives several rows that are asked for at once in their order', async () => {
    const inspector = inspectorOf(makeMany(3));
    const listing = inspector.listBackupRuns();
    const results = await Promise.all(Array.from({ length: 5 }, () => listing.next()));
    expect(results.map(({ value }) => (value ? idOf(value) : null))).toEqual([...newestFirst(3), null, null]);
  });
});

describe('a listing that is aborted', () => {
  it.each([new Error('enough'), 'enough', null, undefined])(
    'before it begins rejects with its reason, %o',
    async (reason) => {
      const inspector = inspectorOf(makeMany(2));
      const signal = AbortSignal.abort(reason);
      for (const filter of [{}, { limit: 0 }, { limit: 1 }, { participants: true }])
        expect(await reasonOf(collect(inspector.listBackupRuns({ ...filter, signal })))).toBe(signal.reason);
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    },
  );

  it('between two rows rejects the next, also where that was read already', async () => {
    const root = makeMany(50);
    for (const name of ['failed', 'partial', 'timeout']) writeFileSync(join(root, name), '');
    const inspector = inspectorOf(root);
    // Three rows are of directories that cannot be listed.
    for (const after of [1, 2, 3, 4, 10]) {
      const controller = new AbortController();
      let rows = 0;
      const looping = (async () => {
        for await (const row of inspector.listBackupRuns({ signal: controller.signal })) {
          expect(idOf(row) === '').toBe(rows < 3);
          rows += 1;
          if (rows === after) controller.abort('enough');
        }
      })();
      expect(await reasonOf(looping)).toBe('enough');
      expect(rows).toBe(after);
    }
    expect(heldBelow(root)).toEqual([]);
  });

  it('whenever that comes, rejects with the reason and gives everything back', async () => {
    const root = makeMany(200);
    const inspector = inspectorOf(root);
    let rejected = 0;
    for (const participants of [false, true]) {
      for (let turns = 0; turns < 60; turns += 3) {
        const controller = new AbortController();
        const { signal } = controller;
        const settling = Promise.allSettled([collect(inspector.listBackupRuns({ signal, participants }))]);
        for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
        controller.abort('enough');
        const [settled] = await settling;
        if (settled.status === 'fulfilled') expect(settled.value).toHaveLength(200);
        else {
          rejected += 1;
          expect(settled.reason).toBe('enough');
        }
        expect(getEventListeners(signal, 'abort')).toEqual([]);
      }
    }
    expect(rejected).toBeGreaterThan(10);
    await letGo(root);
  });
});

describe('close()', () => {
  it('in the middle of a listing rejects with a TypeError, and holds nothing when it resolves', async () => {
    const root = makeMany(200);
    let rejected = 0;
    for (let turns = 0; turns < 60; turns += 3) {
      const inspector = createInspector({ root });
      const settling = Promise.allSettled([
        collect(inspector.listBackupRuns({ participants: turns % 2 === 0 })),
      ]);
      for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
      await inspector.close();
      expect(heldBelow(root)).toEqual([]);
      const [settled] = await settling;
      if (settled.status === 'fulfilled') continue;
      rejected += 1;
      expect(settled.reason).toBeInstanceOf(TypeError);
    }
    expect(rejected).toBeGreaterThan(5);
  });

  it('between two rows that were read already rejects the next with a TypeError', async () => {
    const root = join(temporaryDirectory(), 'backups');
    mkdirSync(root);
    for (const name of ['failed', 'partial', 'timeout']) writeFileSync(join(root, name), '');
    const inspector = createInspector({ root });
    const listing = inspector.listBackupRuns();
    expect(await listing.next()).toMatchObject({ value: { ok: false, run_id: '' } });
    await inspector.close();
    expect(await reasonOf(listing.next())).toBeInstanceOf(TypeError);
  });

  it('before a listing of nothing rejects with a TypeError', async () => {
    const inspector = createInspector({ root: makeMany(1) });
    await inspector.close();
    for (const filter of [{}, { limit: 0 }])
      expect(await reasonOf(collect(inspector.listBackupRuns(filter)))).toBeInstanceOf(TypeError);
  });
});

describe('many listings at once', () => {
  it('all give the same, without a warning', async () => {
    const given = warnings();
    const root = makeMany(60);
    const inspector = inspectorOf(root);
    const { signal } = new AbortController();
    const listings = Array.from({ length: 20 }, (_, index) =>
      idsOf(inspector.listBackupRuns({ signal, participants: index % 2 === 0 })),
    );
    for (const ids of await Promise.all(listings)) expect(ids).toEqual(newestFirst(60));
    await new Promise(setImmediate);
    expect(given).toEqual([]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await letGo(root);
  });

  it('do not block each other when each row is inspected in the loop', { timeout: 300_000 }, async () => {
    const root = makeMany(15);
    const inspector = inspectorOf(root);
    const loop = async (): Promise<number> => {
      let sound = 0;
      for await (const row of inspector.listBackupRuns()) {
        const request = { run_id: idOf(row) };
        const answers = await Promise.all([
          inspector.getBackupRun(request),
          inspector.getBackupRun(request, { level: 'none' }),
          inspector.validateBackupRun(request, { timeBudgetMs: 60_000 }),
          idsOf(inspector.listBackupRuns({ limit: 1 })),
        ]);
        expect(answers).toMatchObject([
          { ok: true },
          { ok: true },
          { ok: true },
          newestFirst(15).slice(0, 1),
        ]);
        sound += 1;
      }
      return sound;
    };
    const sums = await Promise.all(Array.from({ length: 20 }, loop));
    expect(sums).toEqual(sums.map(() => 15));
    await letGo(root);
  });
});
