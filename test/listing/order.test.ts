import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOrder } from '../../src/listing/order.ts';
import { expectedOrder, realId, type Known } from '../support/listed.ts';

/** A run, and what becomes of it. */
interface Some extends Known {
  /** Whether it passes the filter, or is gone when it is to be read. */
  readonly fate: 'listed' | 'filtered' | 'gone';
}

interface Given {
  readonly ids: string[];
  /** How many were read for each row. */
  readonly reads: number[];
}

/** What an order gives of runs, when `batch` of them are read at a time. */
function give(runs: readonly Some[], trustsIds: boolean, batch: number): Given {
  const order = createOrder<null>(trustsIds);
  const given: Given = { ids: [], reads: [] };
  let reads = 0;
  for (const { runId } of runs) order.add({ runId, directories: ['completed'] });
  for (;;) {
    while (!order.isSettled()) {
      for (const { runId } of order.take(batch)) {
        reads += 1;
        const { startedAt, fate } = runs.find((run) => run.runId === runId)!;
        if (fate === 'gone') continue;
        if (startedAt !== null) order.sawStart(runId, startedAt);
        if (fate === 'filtered' && startedAt !== null) continue;
        order.place({ runId, directories: ['completed'], startedAt, row: null });
      }
    }
    const next = order.next();
    if (next === null) return given;
    given.ids.push(next.runId);
    given.reads.push(reads);
  }
}

function expected(runs: readonly Some[]): string[] {
  return expectedOrder(
    runs.filter(({ fate, startedAt }) => fate === 'listed' || (fate === 'filtered' && startedAt === null)),
  );
}

const HOUR = 3_600;
const BASE = 1_782_727_845;

/** Runs of a day or less, whose starts and ids disagree by no more than that either way. */
function runsOff(most: number): fc.Arbitrary<Some[]> {
  const real = fc.record({
    at: fc.oneof(
      fc.integer({ min: 0, max: 12 }).map((hours) => hours * HOUR),
      fc.integer({ min: 0, max: 12 * HOUR }),
    ),
    counter: fc.integer({ min: 0, max: 3 }),
    off: fc.oneof(fc.constantFrom(-most, 0, most), fc.integer({ min: -most, max: most })),
    unreadable: fc.boolean().chain((may) => (may ? fc.boolean() : fc.constant(false))),
    fate: fc.constantFrom<Some['fate']>('listed', 'listed', 'listed', 'filtered', 'gone'),
  });
  const other = fc.record({
    runId: fc.constantFrom(
      '0',
      '2026',
      '20260629',
      '20260629-121045',
      '20260629-121045-000001-b',
      'a',
      'Z',
      'nightly.1',
      'x_9',
    ),
    startedAt: fc.option(fc.integer({ min: BASE - HOUR, max: BASE + 13 * HOUR }), { freq: 3 }),
    fate: fc.constantFrom<Some['fate']>('listed', 'filtered', 'gone'),
  });
  const known = real.map(({ at, counter, off, unreadable, fate }): Some => {
    return { runId: realId(BASE + at, counter), startedAt: unreadable ? null : BASE + at + off, fate };
  });
  const unique = { selector: ({ runId }: Some) => runId, maxLength: 40 };
  return fc.uniqueArray(fc.oneof({ weight: 5, arbitrary: known }, other), unique);
}

const batches = fc.integer({ min: 1, max: 8 });

describe('createOrder()', () => {
  it('gives all runs newest first, whatever ids and starts say of each other', () => {
    const all = fc.property(runsOff(1e8), batches, (some, batch) => {
      expect(give(some, false, batch).ids).toEqual(expected(some));
    });
    fc.assert(all, { numRuns: 2_000 });
  });

  it('gives the same when it trusts ids that are off by 13 hours at most, either way', () => {
    const trusting = fc.property(runsOff(13 * HOUR), batches, (some, batch) => {
      expect(give(some, true, batch).ids).toEqual(expected(some));
    });
    fc.assert(trusting, { numRuns: 5_000 });
  });

  it('gives each run once, also where ids are off by more', () => {
    const lying = fc.property(runsOff(100 * HOUR), batches, (some, batch) => {
      expect(give(some, true, batch).ids.toSorted()).toEqual(expected(some).toSorted());
    });
    fc.assert(lying, { numRuns: 1_000 });
  });

  it('keeps the order when a server that named runs by the time of Tokyo names them by UTC', () => {
    const older = { runId: realId(BASE + 9 * HOUR, 1), startedAt: BASE, fate: 'listed' } as const;
    const newer = { runId: realId(BASE + HOUR, 2), startedAt: BASE + HOUR, fate: 'listed' } as const;
    expect(give([older, newer], true, 1).ids).toEqual([newer.runId, older.runId]);
  });

  it('keeps the order at a change of clocks, when local times come twice and starts go on', () => {
    // At 03:00 it is 02:00 again: three hours of local time, four hours of runs.
    const back = Array.from({ length: 16 }, (_, index): Some => {
      const at = index * 900;
      const local = at < 2 * HOUR ? at : at - HOUR;
      return { runId: realId(BASE + local, index), startedAt: BASE + at, fate: 'listed' };
    });
    const forth = Array.from({ length: 16 }, (_, index): Some => {
      const at = index * 900;
      const local = at < 2 * HOUR ? at : at + HOUR;
      return { runId: realId(BASE + local, index), startedAt: BASE + at, fate: 'listed' };
    });
    for (const some of [back, forth]) {
      const newestFirst = some.toReversed().map(({ runId }) => runId);
      for (const batch of [1, 4, 32]) expect(give(some, true, batch).ids).toEqual(newestFirst);
    }
  });

  it('reads few of many for the first rows, and first what tells no time', () => {
    const many = Array.from({ length: 2_000 }, (_, index): Some => {
      return { runId: realId(BASE + index * 900, index), startedAt: BASE + index * 900, fate: 'listed' };
    });
    const { reads } = give(many, true, 1);
    // 26 hours of runs at a quarter of an hour.
    expect(reads[0]).toBeLessThanOrEqual(106);
    expect(reads[19]).toBeLessThanOrEqual(126);
    const nameless = { runId: 'nightly', startedAt: BASE - 1e6, fate: 'listed' } as const;
    expect(give([...many, nameless], true, 1).reads[0]).toBe(reads[0]! + 1);
    expect(give(many, false, 1).reads[0]).toBe(2_000);
  });
});

describe('the time in a run id', () => {
  /** Whether a run that is far newer goes out before this one is read. */
  function tellsTime(runId: string): boolean {
    const newest = { runId: '99991231-235959-000001', startedAt: 1e12, fate: 'listed' } as const;
    return give([newest, { runId, startedAt: 0, fate: 'listed' }], true, 1).reads[0] === 1;
  }

  it.each(['19700101-000000-000001', '20260629-121045-1', '20240229-235959-000001', '00010101-000000-1'])(
    'is trusted in %j',
    (runId) => expect(tellsTime(runId)).toBe(true),
  );

  it.each([
    '20260629',
    '20260629-121045',
    '20260629-121045-00000a',
    '20260629-121045-000001-2',
    '2026-06-29-121045-000001',
    '20260631-121045-000001',
    '20260229-121045-000001',
    '20261329-121045-000001',
    '20260029-121045-000001',
    '20260629-241045-000001',
    '20260629-126045-000001',
    '20260629-121060-000001',
    '20260629T121045-000001',
  ])('is none in %j', (runId) => expect(tellsTime(runId)).toBe(false));
});
