import { getEventListeners } from 'node:events';
import { truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createInspector, getBackupRun, type BackupRunRequest } from '../src/index.ts';
import { beingRead, heldBelow, letGo } from './support/descriptors.ts';
import { makeRun, RUN_ID, type MadeRun } from './support/runs.ts';
import { warnings } from './support/warnings.ts';

const request = { run_id: RUN_ID };

/** A run whose artifact is so large, and costs no space, that hashing it is under way when it is first seen open. */
function makeLargeRun(): MadeRun {
  const size = 1 << 30;
  const artifacts = [{ logical_name: 'trades.db', size_bytes: size, sha256: '0'.repeat(64) }];
  const run = makeRun({ trades: { artifacts } });
  truncateSync(run.at('trades.db'), size);
  return run;
}

/** What a promise rejects with, which need not be an error; fails when it resolves. */
async function rejectionOf(promise: Promise<unknown>): Promise<{ readonly reason: unknown }> {
  const [settled] = await Promise.allSettled([promise]);
  if (settled.status === 'fulfilled') throw new Error('expected a rejection');
  return { reason: settled.reason as unknown };
}

describe('createInspector()', () => {
  it('touches no disk, and takes a relative root from the working directory of this moment', async () => {
    const { root } = makeRun();
    const before = process.cwd();
    onTestFinished(() => process.chdir(before));
    process.chdir(dirname(root));
    const inspector = createInspector({ root: './backups/' });
    process.chdir('/');
    expect(await inspector.getBackupRun(request)).toMatchObject({
      ok: true,
      run: { path: `backups/completed/${RUN_ID}` },
    });
    await inspector.close();
  });

  it('answers the same when it is asked again', async () => {
    const run = makeRun();
    const { root } = run;
    writeFileSync(run.at('unlisted'), '');
    await using inspector = createInspector({ root });
    const first = await inspector.getBackupRun(request);
    expect(await inspector.getBackupRun(request)).toEqual(first);
    expect(first).toMatchObject({ ok: true, findings: [{ code: 'ARTIFACT_UNLISTED' }] });
  });

  it('answers 200 calls at once all alike, gives no warning and holds nothing afterwards', async () => {
    const { root } = makeRun();
    const given = warnings();
    const inspector = createInspector({ root });
    const { signal } = new AbortController();
    const calls = Array.from({ length: 200 }, () => inspector.getBackupRun(request, { signal }));
    const answers = await Promise.all(calls);
    expect(answers[0]).toMatchObject({ ok: true, findings: [], coverage: { complete: true } });
    // A read that several calls share counts for the one that began it.
    const bytesRead = expect.any(Number);
    const alike = answers.map((answer) => ({
      ...answer,
      coverage: answer.ok && { ...answer.coverage, bytesRead },
    }));
    for (const answer of alike) expect(answers[0]).toEqual(answer);
    await inspector.close();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(given).toEqual([]);
    await letGo(root);
  });
});

describe('close()', () => {
  it('may be called twice, also at once, and before any call', async () => {
    const inspector = createInspector({ root: makeRun().root });
    await Promise.all([inspector.close(), inspector.close()]);
    await inspector.close();
  });

  it('makes later calls reject with a TypeError, whatever they ask', async () => {
    const inspector = createInspector({ root: makeRun().root });
    await inspector.getBackupRun(request);
    await inspector.close();
    await expect(inspector.getBackupRun(request)).rejects.toThrow(TypeError);
    await expect(inspector.getBackupRun({ run_id: 'x' })).rejects.toThrow(TypeError);
  });

  it('is what `await using` ends with', async () => {
    const { root } = makeRun();
    let kept: ReturnType<typeof createInspector>;
    {
      await using inspector = createInspector({ root });
      kept = inspector;
      expect(await inspector.getBackupRun(request)).toHaveProperty('ok', true);
    }
    await expect(kept.getBackupRun(request)).rejects.toThrow(TypeError);
  });

  it('has let go of everything when it resolves, after an answer', async () => {
    const { root } = makeRun();
    for (let time = 0; time < 50; time += 1) {
      await getBackupRun(request, { root });
      expect(heldBelow(root)).toEqual([]);
    }
  });

  it('aborts a call under way with a TypeError, and has let go of everything when it resolves', async () => {
    const run = makeLargeRun();
    const { root } = run;
    const inspector = createInspector({ root });
    const rejection = rejectionOf(inspector.getBackupRun(request));
    await beingRead(run.at('trades.db'));
    await inspector.close();
    expect(heldBelow(root)).toEqual([]);
    expect((await rejection).reason).toBeInstanceOf(TypeError);
  });

  it('aborts calls that wait for their turn, too', async () => {
    const run = makeLargeRun();
    const { root } = run;
    const inspector = createInspector({ root });
    const calls = Array.from({ length: 50 }, () => rejectionOf(inspector.getBackupRun(request)));
    await beingRead(run.at('trades.db'));
    await inspector.close();
    for (const { reason } of await Promise.all(calls)) expect(reason).toBeInstanceOf(TypeError);
    await letGo(root);
  });
});

describe('getBackupRun() rejects with the reason of its signal', () => {
  const reasons: [string, unknown][] = [
    ['an error', new Error('enough')],
    ['nothing, which is an AbortError', undefined],
    ['null', null],
    ['a string', 'enough'],
    ['false', false],
    ['what looks like a fault of the disk', Object.assign(new Error('EIO'), { errno: -5, code: 'EIO' })],
  ];

  it.each(reasons)('when it was aborted before, with %s', async (_, reason) => {
    const { root } = makeRun();
    const signal = AbortSignal.abort(reason);
    for (const asked of [request, {}, { run_id: '..' }, { run_id: 'no-such-run' }]) {
      const { reason: given } = await rejectionOf(getBackupRun(asked as BackupRunRequest, { root, signal }));
      expect(given).toBe(signal.reason);
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await letGo(root);
  });

  it.each(reasons)('when it is aborted while an artifact is hashed, with %s', async (_, reason) => {
    const run = makeLargeRun();
    const { root } = run;
    const controller = new AbortController();
    const { signal } = controller;
    const rejection = rejectionOf(getBackupRun(request, { root, signal }));
    await beingRead(run.at('trades.db'));
    controller.abort(reason);
    expect((await rejection).reason).toBe(signal.reason);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await letGo(root);
  });

  it('and not those of others', async () => {
    const run = makeLargeRun();
    const { root } = run;
    await using inspector = createInspector({ root });
    const [one, other] = [new AbortController(), new AbortController()];
    const first = rejectionOf(inspector.getBackupRun(request, { signal: one.signal }));
    const second = rejectionOf(inspector.getBackupRun(request, { signal: other.signal }));
    await beingRead(run.at('trades.db'));
    one.abort('one');
    expect((await first).reason).toBe('one');
    other.abort('other');
    expect((await second).reason).toBe('other');
    await letGo(root);
  });

  it('whenever that comes, and holds nothing afterwards', async () => {
    const { root } = makeRun();
    const outcomes = new Set<string>();
    for (let turns = 0; turns < 200; turns += 1) {
      const controller = new AbortController();
      const answering = getBackupRun(request, { root, signal: controller.signal });
      const settled = Promise.allSettled([answering]);
      for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
      controller.abort('enough');
      const [outcome] = await settled;
      outcomes.add(outcome.status);
      if (outcome.status === 'rejected') expect(outcome.reason).toBe('enough');
      else expect(outcome.value).toMatchObject({ ok: true, findings: [] });
    }
    expect([...outcomes]).toContain('rejected');
    await letGo(root);
  });
});

describe('getBackupRun() leaves nothing on the signal it was given', () => {
  it('after an answer', async () => {
    const { root } = makeRun();
    const { signal } = new AbortController();
    expect(await getBackupRun(request, { root, signal })).toHaveProperty('ok', true);
    expect(await getBackupRun({ run_id: 'no-such-run' }, { root, signal })).toHaveProperty('ok', false);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
