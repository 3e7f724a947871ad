import { linkSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import {
  subscribe,
  tracingChannel,
  unsubscribe,
  type TracingChannelSubscribers,
} from 'node:diagnostics_channel';
import { getEventListeners } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createInspector,
  createMemo,
  getBackupRun,
  type Answer,
  type Inspected,
  type Inspector,
  type InspectorOptions,
  type Progress,
} from '../../src/index.ts';
import { SPEC_ROOT, SPEC_RUN_ID } from '../support/fixtures.ts';
import { artifactRecord, makeRun, RUN_ID, type MadeRun } from '../support/runs.ts';

const request = { run_id: RUN_ID };

function inspectorFor(run: Pick<MadeRun, 'root'>, options: Partial<InspectorOptions> = {}): Inspector {
  const inspector = createInspector({ root: run.root, ...options });
  onTestFinished(() => inspector.close());
  return inspector;
}

function inspected(answer: Answer): Inspected {
  if (!answer.ok) throw new Error(answer.error.message);
  return answer;
}

/** A run of two participants, the critical one last, each with artifacts of several sizes. */
function makeMixedRun(): MadeRun {
  const sizes = { 'small.bin': 10, 'middle.bin': 2_000_000, 'large.bin': 5_000_000 };
  const contents = (owner: string): [string, string][] =>
    Object.entries(sizes).map(([name, size]) => [`${owner}-${name}`, owner.repeat(size / owner.length)]);
  const inline = (name: string, critical: boolean): Record<string, unknown> => ({
    name,
    critical,
    ok: true,
    status: 'completed',
    started_at: 1782727846,
    finished_at: 1782727851,
    artifacts: contents(name).map(([file, content]) => artifactRecord(file, content)),
  });
  const run = makeRun({
    artifacts: {},
    manifest: { participants: [inline('extra', false), inline('vital', true), 'trades'] },
    trades: { artifacts: [] },
  });
  for (const [name, content] of [...contents('extra'), ...contents('vital')])
    writeFileSync(run.at(name), content);
  return run;
}

/** Names of artifacts in the order in which they are read, in this test. */
function followReads(): string[] {
  const order: string[] = [];
  const channels = tracingChannel<unknown, { files: { path: string }[] }>('backup-run-inspector:hash');
  const start = ({ files }: { files: { path: string }[] }): void => {
    for (const { path } of files) order.push(path);
  };
  const subscribers = { start } as TracingChannelSubscribers<{ files: { path: string }[] }>;
  channels.subscribe(subscribers);
  onTestFinished(() => channels.unsubscribe(subscribers));
  return order;
}

describe.each([0, 1, 3])('getBackupRun() with %i threads', (threads) => {
  it('reads every byte once, and says so', async () => {
    const run = makeMixedRun();
    const { coverage, findings } = inspected(await inspectorFor(run, { threads }).getBackupRun(request));
    expect(findings).toStrictEqual([]);
    expect(coverage).toMatchObject({ artifacts: 6, verified: 6, complete: true, fromMemo: 0 });
    expect(coverage.bytesRead).toBe(coverage.bytes);
  });

  it('reads 0 bytes of an artifact of the wrong size', async () => {
    const run = makeRun({ artifacts: { 'trades.db': 'x'.repeat(3_000_000) } });
    truncateSync(run.at('trades.db'), 2_999_999);
    const { coverage, findings } = inspected(await inspectorFor(run, { threads }).getBackupRun(request));
    expect(findings.map(({ code }) => code)).toStrictEqual(['ARTIFACT_SIZE_MISMATCH']);
    expect(coverage).toMatchObject({ bytesRead: 0, verified: 1, complete: true });
  });

  it('reads what differs twice before it calls that a mismatch', async () => {
    const run = makeRun({ artifacts: { 'trades.db': 'x'.repeat(1_000) } });
    writeFileSync(run.at('trades.db'), 'y'.repeat(1_000));
    const { coverage, findings } = inspected(await inspectorFor(run, { threads }).getBackupRun(request));
    expect(findings.map(({ code }) => code)).toStrictEqual(['ARTIFACT_DIGEST_MISMATCH']);
    expect(coverage.bytesRead).toBe(2_000);
  });

  it('reads each artifact once for a thousand calls at a time', async () => {
    const run = makeMixedRun();
    const inspector = inspectorFor(run, { threads });
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => inspector.getBackupRun(request)));
    const coverages = answers.map((answer) => inspected(answer).coverage);
    expect(coverages.every(({ complete, verified }) => complete && verified === 6)).toBe(true);
    expect(coverages.reduce((sum, { bytesRead }) => sum + bytesRead, 0)).toBe(coverages[0]?.bytes);
  });

  it('goes on for one call when another, that began the reading, is aborted', async () => {
    const run = makeMixedRun();
    const inspector = inspectorFor(run, { threads });
    const controller = new AbortController();
    const order = followReads();
    const first = inspector.getBackupRun(request, {
      signal: controller.signal,
      onProgress: ({ bytesDone }) => bytesDone > 0 && controller.abort('enough'),
    });
    const second = inspector.getBackupRun(request);
    await expect(first).rejects.toBe('enough');
    const { coverage, findings } = inspected(await second);
    expect({ findings, complete: coverage.complete }).toStrictEqual({ findings: [], complete: true });
    expect(order.length).toBeGreaterThanOrEqual(6);
    expect(getEventListeners(controller.signal, 'abort')).toStrictEqual([]);
  });

  it('tells of progress that never goes back, and ends at the totals', async () => {
    const run = makeMixedRun();
    const told: Progress[] = [];
    const onProgress = (progress: Progress): void => void told.push(progress);
    const { coverage } = inspected(
      await inspectorFor(run, { threads }).getBackupRun(request, { onProgress }),
    );
    for (const [index, now] of told.entries()) {
      const before = told[index - 1];
      expect(now.bytesDone).toBeGreaterThanOrEqual(before?.bytesDone ?? 0);
      expect(now.artifactsDone).toBeGreaterThanOrEqual(before?.artifactsDone ?? 0);
    }
    expect(told.at(-1)).toMatchObject({
      runId: RUN_ID,
      bytesDone: coverage.bytes,
      bytesTotal: coverage.bytes,
      artifactsDone: 6,
      artifactsTotal: 6,
    });
  });

  it('tells everybody of the progress of a read that they share', async () => {
    const content = 'x'.repeat(2_000_000);
    const run = makeRun({ artifacts: { 'large.bin': content } });
    const inspector = inspectorFor(run, { threads, maxBytesPerSecond: 5_000_000 });
    const calls = Array.from({ length: 2 }, async () => {
      const told: number[] = [];
      const onProgress = ({ bytesDone }: Progress): void => void told.push(bytesDone);
      const { coverage } = inspected(await inspector.getBackupRun(request, { onProgress }));
      return { bytesRead: coverage.bytesRead, onTheWay: told.some((n) => n > 0 && n < content.length) };
    });
    const [first, second] = (await Promise.all(calls)).toSorted((a, b) => b.bytesRead - a.bytesRead);
    expect(first).toStrictEqual({ bytesRead: content.length, onTheWay: true });
    expect(second).toStrictEqual({ bytesRead: 0, onTheWay: true });
  });

  it('rejects with what the promise of a progress callback rejects with, and waits for none', async () => {
    // As a caller may write it, whatever its type says.
    const returning = (promise: () => Promise<void>): (() => void) => promise;
    const inspector = inspectorFor(makeMixedRun(), { threads });
    const onProgress = returning(() => Promise.reject(new RangeError('enough')));
    await expect(inspector.getBackupRun(request, { onProgress })).rejects.toStrictEqual(
      new RangeError('enough'),
    );
    const never = returning(() => new Promise(() => undefined));
    expect(await inspector.getBackupRun(request, { onProgress: never })).toHaveProperty('ok', true);
  });

  it('rejects with what a progress callback throws', async () => {
    const failing = inspectorFor(makeMixedRun(), { threads }).getBackupRun(request, {
      onProgress: () => {
        throw new RangeError('not this number');
      },
    });
    await expect(failing).rejects.toStrictEqual(new RangeError('not this number'));
  });

  it('is BUSY when the time budget is over before there is a run', async () => {
    const inspector = inspectorFor(makeMixedRun(), { threads });
    const answer = await inspector.getBackupRun(request, { timeBudgetMs: 0 });
    expect(answer).toMatchObject({ ok: false, error: { code: 'BUSY', httpCode: 503 } });
  });

  it('returns with nothing verified when the time budget leaves time for no artifact, and says so of each', async () => {
    const run = makeMixedRun();
    const {
      coverage,
      findings,
      run: answered,
    } = inspected(
      await inspectorFor(run, { threads, maxBytesPerSecond: 1 }).getBackupRun(request, {
        timeBudgetMs: 1_500,
      }),
    );
    expect(coverage).toMatchObject({ artifacts: 6, verified: 0, complete: false });
    expect(new Set(findings.map(({ code }) => code))).toStrictEqual(new Set(['ARTIFACT_NOT_VERIFIED']));
    const artifacts = answered.participants.flatMap((participant) => participant.artifacts);
    for (const { integrity_ok, integrity_error, validation_ok } of artifacts) {
      expect({ integrity_ok, validation_ok }).toStrictEqual({ integrity_ok: false, validation_ok: false });
      expect(integrity_error).toContain('not verified');
    }
  });
});

describe('getBackupRun() reads', () => {
  it('critical participants first and small artifacts first within them, when it has a time budget', async () => {
    const run = makeMixedRun();
    const order = followReads();
    await inspectorFor(run, { threads: 1 }).getBackupRun(request, { timeBudgetMs: 600_000 });
    expect(order).toStrictEqual(
      ['vital', 'extra'].flatMap((who) => ['small', 'middle', 'large'].map((size) => `${who}-${size}.bin`)),
    );
  });

  it('giants first, when it has not', async () => {
    const run = makeMixedRun();
    const order = followReads();
    await inspectorFor(run, { threads: 1 }).getBackupRun(request);
    expect(order.map((name) => name.split('-')[1]?.split('.')[0])).toStrictEqual([
      'large',
      'large',
      'middle',
      'middle',
      'small',
      'small',
    ]);
  });

  it('what it can in the time there is, and of the rest says that it did not', async () => {
    const run = makeMixedRun();
    // The small artifacts fit into a fraction of the budget, the middle ones would take an hour.
    const inspector = inspectorFor(run, { threads: 1, maxBytesPerSecond: 500 });
    const { coverage, findings } = inspected(await inspector.getBackupRun(request, { timeBudgetMs: 500 }));
    expect(coverage.complete).toBe(false);
    expect(coverage.verified).toBeGreaterThanOrEqual(1);
    expect(coverage.verified).toBeLessThan(6);
    expect(findings.filter(({ code }) => code === 'ARTIFACT_NOT_VERIFIED')).toHaveLength(
      6 - coverage.verified,
    );
    expect(findings.some(({ artifact }) => artifact === 'vital-small.bin')).toBe(false);
  });
});

describe('getBackupRun() with a time budget', () => {
  it('keeps what was read of many small artifacts when it is over', async () => {
    const artifacts = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`${i}.bin`, 'x'.repeat(400)]));
    // All of them would take three seconds, sixteen of them less than one.
    const inspector = inspectorFor(makeRun({ artifacts }), { threads: 1, maxBytesPerSecond: 8_000 });
    const { coverage } = inspected(await inspector.getBackupRun(request, { timeBudgetMs: 1_800 }));
    expect(coverage.complete).toBe(false);
    expect(coverage.verified).toBeGreaterThanOrEqual(16);
    expect(coverage.verified).toBeLessThan(64);
  });
});

describe('createMemo() lets getBackupRun()', () => {
  it('read nothing the second time, also through another inspector', async () => {
    const memo = createMemo();
    const options = { root: SPEC_ROOT, memo };
    const first = inspected(await getBackupRun({ run_id: SPEC_RUN_ID }, options));
    const second = inspected(await getBackupRun({ run_id: SPEC_RUN_ID }, options));
    expect(first.coverage).toMatchObject({ bytesRead: 1_048_576, fromMemo: 0, complete: true });
    expect(second.coverage).toMatchObject({ bytesRead: 0, fromMemo: 1, verified: 1, complete: true });
    expect(second.run).toStrictEqual(first.run);
  });

  it('read again what was touched a moment ago, whatever its mtime says', async () => {
    const run = makeRun();
    utimesSync(run.at('trades.db'), 1_000_000_000, 1_000_000_000);
    const memo = createMemo();
    const inspector = inspectorFor(run, { memo });
    await inspector.getBackupRun(request);
    expect(memo.size).toBe(0);
    const { coverage } = inspected(await inspector.getBackupRun(request));
    expect(coverage.fromMemo).toBe(0);
  });

  it('forget a mismatch, the oldest beyond maxEntries, and what is older than maxAgeMs', () => {
    const memo = createMemo({ maxEntries: 2, maxAgeMs: 0 });
    memo.remember('a', '1');
    const small = createMemo({ maxEntries: 2 });
    for (const key of ['a', 'b']) small.remember(key, key);
    small.recall('a');
    small.remember('c', 'c');
    expect(['a', 'b', 'c'].map((key) => small.recall(key))).toStrictEqual(['a', null, 'c']);
    small.clear();
    expect(small.size).toBe(0);
  });

  it.each([[{ maxEntries: 0 }], [{ maxEntries: 1.5 }], [{ maxAgeMs: -1 }], [5]])(
    'not be made with %j',
    (options) => {
      expect(() => createMemo(options as never)).toThrow(TypeError);
    },
  );
});

describe('diagnostics channels tell', () => {
  it('of every inspection, with its request, level and answer', async () => {
    const seen: unknown[] = [];
    const onEnd = (message: unknown): void => void seen.push(message);
    subscribe('tracing:backup-run-inspector:inspect:asyncEnd', onEnd);
    onTestFinished(() => void unsubscribe('tracing:backup-run-inspector:inspect:asyncEnd', onEnd));
    const run = makeRun();
    const result = await inspectorFor(run).getBackupRun(request);
    expect(seen).toStrictEqual([{ request, level: 'digest', result }]);
  });
});

describe.each([0, 1])('getBackupRun() with %i threads tells the truth about what it shares:', (threads) => {
  it('two names of one file are read each', async () => {
    const run = makeRun({ artifacts: { 'a.bin': 'same', 'b.bin': 'other' } });
    rmSync(run.at('b.bin'));
    linkSync(run.at('a.bin'), run.at('b.bin'));
    const { findings, coverage: read } = inspected(
      await inspectorFor(run, { threads }).getBackupRun(request),
    );
    expect(findings.map(({ artifact, code }) => [artifact, code])).toStrictEqual([
      ['b.bin', 'ARTIFACT_SIZE_MISMATCH'],
    ]);
    // A wrong size is final.
    expect(read.bytesRead).toBe('same'.length);
    const content = 'same'.repeat(300_000);
    const both = makeRun({ artifacts: { 'a.bin': content, 'b.bin': content } });
    rmSync(both.at('b.bin'));
    linkSync(both.at('a.bin'), both.at('b.bin'));
    const { coverage } = inspected(await inspectorFor(both, { threads }).getBackupRun(request));
    expect(coverage).toMatchObject({ verified: 2, complete: true, bytesRead: 2 * content.length });
  });

  it('the call that began a read is aborted, and the others go on with the same run', async () => {
    const artifacts = Object.fromEntries(
      Array.from({ length: 64 }, (_, i) => [`${i}.bin`, `${i}`.repeat(9_000)]),
    );
    const run = makeRun({ artifacts });
    const inspector = inspectorFor(run, { threads, maxBytesPerSecond: 2_000_000 });
    const controller = new AbortController();
    const first = inspector.getBackupRun(request, {
      signal: controller.signal,
      onProgress: ({ bytesDone }) => bytesDone > 0 && controller.abort('enough'),
    });
    const second = inspector.getBackupRun(request);
    await expect(first).rejects.toBe('enough');
    const { findings, coverage } = inspected(await second);
    expect({ findings, complete: coverage.complete }).toStrictEqual({ findings: [], complete: true });
  });

  it('the time budget ends all reading, also of what has not begun', async () => {
    const artifacts = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`${i}.bin`, 'x'.repeat(1_200_000)]),
    );
    const run = makeRun({ artifacts });
    const inspector = inspectorFor(run, { threads, maxBytesPerSecond: 10_000_000 });
    const { coverage } = inspected(await inspector.getBackupRun(request, { timeBudgetMs: 1_200 }));
    expect(coverage.complete).toBe(false);
    // 1,200 ms are worth twelve million bytes; reading on to the end would be four times that.
    expect(coverage.bytesRead).toBeLessThan(coverage.bytes / 2);
  });
});

describe('getBackupRun() beside calls that read for hours', () => {
  const GIANT = 100 * 2 ** 30;

  /** A root with a giant run, which is sparse, and a small one. */
  function makeRoot(): { readonly root: string; readonly small: string } {
    const record = { ...artifactRecord('giant.bin', ''), size_bytes: GIANT };
    const giant = makeRun({ artifacts: {}, trades: { artifacts: [record] } });
    writeFileSync(giant.at('giant.bin'), '');
    truncateSync(giant.at('giant.bin'), GIANT);
    const { runId } = makeRun({ root: giant.root, runId: 'small' });
    return { root: giant.root, small: runId };
  }

  it('answers at the levels none and size, and within a time budget', async () => {
    const { root, small } = makeRoot();
    const inspector = inspectorFor({ root }, { threads: 1 });
    const controller = new AbortController();
    const begun = Array.from({ length: 20 }, () => {
      const { promise, resolve } = withResolvers();
      const onProgress = ({ bytesDone }: Progress): void => void (bytesDone > 0 && resolve());
      const call = inspector.getBackupRun(request, { signal: controller.signal, onProgress });
      return { promise, ended: call.catch((reason: unknown) => reason) };
    });
    await Promise.race(begun.map(({ promise }) => promise));
    for (const options of [{ level: 'none' }, { level: 'size' }, { timeBudgetMs: 50 }] as const) {
      const { findings } = inspected(await inspector.getBackupRun({ run_id: small }, options));
      expect(findings.every(({ code }) => code === 'ARTIFACT_NOT_VERIFIED')).toBe(true);
    }
    controller.abort('enough');
    for (const { ended } of begun) expect(await ended).toBe('enough');
  });

  it('is silent and gives everything back after a callback has thrown', async () => {
    const artifacts = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`${i}.bin`, 'x'.repeat(1_200_000)]),
    );
    const run = makeRun({ artifacts });
    const order = followReads();
    let told = 0;
    const inspector = inspectorFor(run, { threads: 1, maxBytesPerSecond: 10_000_000 });
    const failing = inspector.getBackupRun(request, {
      onProgress: ({ artifactsDone }) => {
        told += 1;
        if (artifactsDone > 0) throw new Error('no more');
      },
    });
    await expect(failing).rejects.toThrow('no more');
    const toldThen = told;
    await inspector.close();
    expect(told).toBe(toldThen);
    expect(order.length).toBeLessThan(40);
  });

  it('calls nothing stalled because the program itself was busy for longer than the stall timeout', async () => {
    const run = makeRun();
    const inspector = inspectorFor(run, { stallTimeoutMs: 250 });
    const calls = Array.from({ length: 20 }, () => inspector.getBackupRun(request));
    for (let turn = 0; turn < 4; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
    }
    for (const answer of await Promise.all(calls)) {
      expect(inspected(answer).findings).toStrictEqual([]);
    }
  });
});

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
