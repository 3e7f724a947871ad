import { describe, expect, it } from 'vitest';
import { createThroughput, progressLine } from '../../../src/cli/output/progress-line.ts';
import { createProgressDisplay } from '../../../src/cli/output/progress.ts';
import type { Channel, Every } from '../../../src/cli/context.ts';
import type { Progress } from '../../../src/index.ts';

const REPORT: Progress = {
  runId: '20260629-121045-000001',
  participant: 'trades',
  artifact: 'trades.db',
  bytesDone: 1_200_000_000,
  bytesTotal: 3_400_000_000,
  artifactsDone: 3,
  artifactsTotal: 12,
};

const ERASE = '\r\u001b[K';

/** Standard error, a clock, and a timer, all of which do what the test says. */
function stage(columns: number | null) {
  const written: string[] = [];
  const timers = new Set<{ readonly milliseconds: number; readonly call: () => void }>();
  const at = { now: 0 };
  const err: Channel = {
    columns: () => columns,
    canRedraw: columns !== null,
    print: (text) => {
      written.push(text);
      return Promise.resolve();
    },
  };
  const every: Every = (milliseconds, call) => {
    const timer = { milliseconds, call };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  return { written, timers, at, context: { err, clock: () => at.now, every } };
}

describe('progressLine()', () => {
  it('tells of which run, how much, how fast, how long still, and what is at work', () => {
    expect(progressLine(REPORT, 240e6, { index: 2, total: 5, others: null }, null)).toBe(
      '20260629-121045-000001 (2 of 5)  35 % of 3.40 GB  10 s left  240 MB/s  1.20 GB done  trades / trades.db',
    );
    expect(progressLine(REPORT, null, { index: 2, total: null, others: null }, null)).toBe(
      '20260629-121045-000001 (2)  35 % of 3.40 GB  ? left  1.20 GB done  trades / trades.db',
    );
  });

  it('tells of all runs where their bytes are known', () => {
    const place = { index: 2, total: 5, others: { before: 600_000_000, behind: 14_000_000_000 } };
    expect(progressLine(REPORT, 240e6, place, null)).toBe(
      '20260629-121045-000001 (2 of 5)  10 % of 18.0 GB  1 min 8 s left  240 MB/s  1.80 GB done  trades / trades.db',
    );
  });

  it('says nothing of an end that is not in sight, and escapes names', () => {
    expect(progressLine({ ...REPORT, artifact: 'a\u001b[2J' }, 0, null, null)).toBe(
      String.raw`20260629-121045-000001  35 % of 3.40 GB  ? left  0 B/s  1.20 GB done  trades / a\u001b[2J`,
    );
    const read = { ...REPORT, bytesDone: REPORT.bytesTotal };
    expect(progressLine(read, 1, null, null)).toContain('99 % of 3.40 GB  1 B/s  3.40 GB done  trades');
    const done = { ...read, artifactsDone: REPORT.artifactsTotal };
    expect(progressLine(done, 1, null, null)).toContain('100 % of 3.40 GB  1 B/s  3.40 GB done  trades');
  });

  it('fits', () => {
    const wide = { ...REPORT, artifact: '約定'.repeat(40) };
    expect(progressLine(wide, 240e6, null, 110)).toMatch(/^2026.*trades \/ 約定.*…$/);
    expect(progressLine(REPORT, 240e6, null, 30)).toBe('20260629-121045-000001  35 % …');
  });
});

describe('createThroughput()', () => {
  it('tells the rate of the last seconds, and begins anew with a run', () => {
    const pace = createThroughput();
    expect(pace.rate()).toBeNull();
    pace.add(0, 'a', 0);
    expect(pace.rate()).toBeNull();
    pace.add(1_000, 'a', 100);
    expect(pace.rate()).toBe(100);
    for (let second = 2; second <= 20; second += 1) pace.add(second * 1_000, 'a', 100 + (second - 1) * 10);
    expect(pace.rate()).toBe(10);
    pace.add(21_000, 'b', 0);
    expect(pace.rate()).toBeNull();
  });
});

describe('progress on a terminal', () => {
  it('is drawn at most 10 times a second, on one line, and cleaned away', async () => {
    const { written, timers, at, context } = stage(60);
    const display = createProgressDisplay(context, false);
    const report = display.onProgress(null);
    for (at.now = 0; at.now < 1_000; at.now += 1) report(REPORT);
    expect(written).toHaveLength(10);
    for (const text of written) {
      expect(text.slice(0, ERASE.length)).toBe(ERASE);
      expect(text.slice(ERASE.length)).toMatch(/^20260629-121045-000001 [ -~]*…?$/);
      // The last column stays free.
      expect(text.length).toBeLessThanOrEqual(ERASE.length + 59);
    }
    await display.end();
    expect(written.slice(10)).toEqual([ERASE]);
    await display.end();
    expect(written).toHaveLength(11);
    expect(timers.size).toBe(0);
  });

  it('is not there when it is not wanted, and nothing is cleaned away', async () => {
    const { written, timers, context } = stage(60);
    const display = createProgressDisplay(context, true);
    display.onProgress(null)(REPORT);
    await display.end();
    expect([written, timers.size]).toEqual([[], 0]);
    // What was done is known all the same.
    expect(display.last()).toEqual(REPORT);
  });
});

describe('progress elsewhere', () => {
  it('is a plain line every 10 seconds', async () => {
    const { written, timers, at, context } = stage(null);
    const display = createProgressDisplay(context, false);
    const [timer] = timers;
    expect(timer?.milliseconds).toBe(10_000);
    timer?.call();
    // There was nothing to tell yet.
    expect(written).toEqual([]);
    display.onProgress(null)({ ...REPORT, bytesDone: 0 });
    at.now = 10_000;
    display.onProgress(null)(REPORT);
    timer?.call();
    const line =
      '20260629-121045-000001  35 % of 3.40 GB  19 s left  120 MB/s  1.20 GB done  trades / trades.db\n';
    expect(written).toEqual([line]);
    await display.end();
    expect([written, timers.size]).toEqual([[line], 0]);
  });

  it('says nothing more of a run that is over', async () => {
    const { written, timers, context } = stage(null);
    const display = createProgressDisplay(context, false);
    const [timer] = timers;
    const report = display.onProgress(null);
    report(REPORT);
    timer?.call();
    // What stands still is told again.
    timer?.call();
    expect(written).toHaveLength(2);
    await display.hide();
    timer?.call();
    expect(written).toHaveLength(2);
    expect(display.last()).toEqual(REPORT);
    report(REPORT);
    timer?.call();
    expect(written).toHaveLength(3);
    await display.end();
  });

  it('is not there when it is not wanted', () => {
    const { timers, context } = stage(null);
    createProgressDisplay(context, true);
    expect(timers.size).toBe(0);
  });
});
