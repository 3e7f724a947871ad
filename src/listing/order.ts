/** The order of a listing: newest first, each run as soon as no unread one could go before it (pure). */

import TinyQueue from 'tinyqueue';
import type { NamedRun } from '../manifest/read-row.ts';

/** A run that has been read and is to be listed. */
export interface PlacedRun<Row> extends NamedRun {
  /** Unix seconds; null when the run could not be read. */
  readonly startedAt: number | null;
  /** What was read, where it is kept. */
  readonly row: Row | null;
}

/** Puts runs into the order of a listing. */
export interface RowOrder<Row> {
  /** Adds a run by its name; all of them before the first is taken. */
  add(run: NamedRun): void;
  /** Takes out the runs that are to be read next. */
  take(most: number): NamedRun[];
  /** Records a start time, even of a run that is filtered out: it bounds unread runs with older ids. */
  sawStart(runId: string, startedAt: number): void;
  /** Adds a run that is to be listed. */
  place(run: PlacedRun<Row>): void;
  /** Whether the run that goes out next is known, or that there is none. */
  isSettled(): boolean;
  /** Takes out the run that comes next, or null. */
  next(): PlacedRun<Row> | null;
}

/**
 * Seconds that the clock behind run ids may be off: it is moved between any two zones of the world, which are 26 hours apart at
 * most.
 */
const TRUST = 26 * 3_600;

/**
 * Newest first by start, ties by run id descending; a run that could not be read goes before the first readable one with a
 * smaller id.
 *
 * @param trustsIds - whether the times in ids order runs to within 26 hours, so that not every run has to be read.
 */
export function createOrder<Row>(trustsIds: boolean): RowOrder<Row> {
  const unread = new TinyQueue<Unread>([], byReading);
  const readable = new TinyQueue<PlacedRun<Row>>([], byAge);
  const unreadable = new TinyQueue<PlacedRun<Row>>([], byIdDescending);
  const horizon = createHorizon();

  function isSettled(): boolean {
    const frontier = unread.peek();
    if (frontier === undefined) return true;
    const next = readable.peek();
    if (next === undefined || frontier.clock === null) return false;
    // An unread run with a greater id may turn out to be unreadable, and would then go before.
    if (frontier.runId > next.runId) return false;
    const clock = clockOf(next.runId);
    return clock === null
      ? (next.startedAt ?? 0) >= horizon.below(frontier.clock)
      : clock > frontier.clock + TRUST;
  }

  return {
    add: (run) => unread.push({ ...run, clock: trustsIds ? clockOf(run.runId) : null }),
    take(most) {
      const taken: NamedRun[] = [];
      for (let run = unread.peek(); run !== undefined && taken.length < most; run = unread.peek()) {
        taken.push(run);
        unread.pop();
      }
      return taken;
    },
    sawStart(runId, startedAt) {
      const clock = trustsIds ? clockOf(runId) : null;
      if (clock !== null) horizon.saw(clock, startedAt);
    },
    place: (run) => (run.startedAt === null ? unreadable : readable).push(run),
    isSettled,
    next() {
      const [newest, bad] = [readable.peek(), unreadable.peek()];
      const isBadFirst = newest === undefined || (bad !== undefined && bad.runId > newest.runId);
      return (isBadFirst ? unreadable : readable).pop() ?? null;
    },
  };
}

interface Unread extends NamedRun {
  /** Null when the id tells no time, or is not trusted. */
  readonly clock: number | null;
}

/** Those whose ids tell no time first, because they may belong anywhere; then from the newest on. */
function byReading(a: Unread, b: Unread): number {
  if (a.clock === b.clock) return byIdDescending(a, b);
  if (a.clock === null || b.clock === null) return a.clock === null ? -1 : 1;
  return b.clock - a.clock;
}

function byAge(a: PlacedRun<unknown>, b: PlacedRun<unknown>): number {
  return (b.startedAt ?? 0) - (a.startedAt ?? 0) || byIdDescending(a, b);
}

/** Sorts by run id, the greatest first. */
export function byIdDescending(a: NamedRun, b: NamedRun): number {
  if (a.runId === b.runId) return 0;
  return a.runId > b.runId ? -1 : 1;
}

/** Knows the start that no unread run can reach. */
interface Horizon {
  /** Records a run that was read; clocks only descend, but for those read together. */
  saw(clock: number, startedAt: number): void;
  /** Every run with this clock or an older one started before this moment. */
  below(clock: number): number;
}

function createHorizon(): Horizon {
  // Only those within the trust of the frontier wait here.
  const recent = new TinyQueue<{ readonly clock: number; readonly startedAt: number }>(
    [],
    (a, b) => b.clock - a.clock,
  );
  let oldest = Infinity;
  return {
    saw: (clock, startedAt) => recent.push({ clock, startedAt }),
    below(clock) {
      for (let seen = recent.peek(); seen !== undefined && seen.clock > clock + TRUST; seen = recent.peek()) {
        oldest = Math.min(oldest, seen.startedAt);
        recent.pop();
      }
      return oldest;
    },
  };
}

const REAL_FORM = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-\d+$/;

/**
 * The time in a run id of the real form (`20260629-121045-000001`: a date, a time, a counter) in seconds, or null. It is a
 * local time of somewhere: good to compare ids with, and no moment.
 */
function clockOf(runId: string): number | null {
  const found = REAL_FORM.exec(runId);
  if (found === null) return null;
  const [, year, month, day, hour, minute, second] = found;
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const milliseconds = Date.parse(text);
  // The 31st of February is parsed as a day of March.
  const isReal = !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString() === text;
  return isReal ? milliseconds / 1_000 : null;
}
