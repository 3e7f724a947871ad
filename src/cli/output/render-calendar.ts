/** A year of days, a line a month: on which days there were runs, and what they claim. */

import type { BackupRun, ListedRun } from '../../index.ts';
import { dayOf } from '../args/times.ts';
import { statusMeaning } from './render-head.ts';
import { wrapped, type View } from './view.ts';

type Status = BackupRun['status'];

/** What a day shows: of several runs the one that is nearest to a backup. Signs are told apart without colours. */
const SIGNS: readonly (readonly [Status, string])[] = [
  ['completed', 'C'],
  ['partial', 'P'],
  ['running', 'R'],
  ['failed', 'F'],
  ['timeout', 'T'],
  ['cancelled', 'X'],
];
/** A day without a run. */
const NO_RUN = '-';
/** A day without a run that can be read. */
const UNCERTAIN = '?';
/** Runs of that day claim other statuses too. */
const MIXED = '!';

/** Stands for a blank at which no line is broken. */
const UNBROKEN = '\u00a0';

const DAY_MS = 86_400_000;
const MONTHS = 12;
const DAYS = 31;
/** Columns of the name of a month, and of the gap behind it. */
const NAME_COLUMNS = 9;

/** The days that a calendar shows, as `2026-06-29`. */
export interface CalendarRange {
  /** The first day of the first month. */
  readonly first: string;
  /** The last day on which a run can have begun. */
  readonly last: string;
  /** The day from which days without a run are shown; null for the first on which there was one. */
  readonly from: string | null;
}

/** The months up to that of a day, twelve in all. */
export function calendarRange(last: string, from: string | null): CalendarRange {
  return { first: `${monthsUpTo(last)[0] ?? ''}-01`, last, from };
}

/** Takes rows, and shows them by day. */
export interface RunCalendar {
  /** Returns whether the row stands on one of the days, for sure. */
  add(row: ListedRun): boolean;
  /** The lines, with the signs explained below. */
  render(view: View): string[];
}

/** @param isFiltered - whether there may be other runs. */
export function createRunCalendar(
  { first, last, from }: CalendarRange,
  isUtc: boolean,
  isFiltered: boolean,
): RunCalendar {
  const days = new Map<string, Set<Status>>();
  const uncertain = new Set<string>();

  function textOf(day: string, firstWithRun: string, columns: 1 | 2, view: View): string {
    if (day < (from ?? firstWithRun) || day > last) return ' '.repeat(columns);
    const statuses = days.get(day);
    if (statuses !== undefined) return dayCell(statuses, columns, view);
    const [sign, meaning] = uncertain.has(day)
      ? ([UNCERTAIN, 'bad'] as const)
      : ([NO_RUN, 'doubtful'] as const);
    return view.paint(meaning, sign.padEnd(columns));
  }

  return {
    add(row) {
      if (!row.ok) {
        for (const day of daysNear(row.run_id)) uncertain.add(day);
        return false;
      }
      const day = dayOf(row.run.started_at, isUtc);
      if (day < first || day > last) return false;
      days.set(day, (days.get(day) ?? new Set()).add(row.run.status));
      return true;
    },
    render(view) {
      const [firstWithRun = last] = [...days.keys()].toSorted();
      const columns = view.columns === null || view.columns >= NAME_COLUMNS + 2 * DAYS ? 2 : 1;
      const months = monthsUpTo(last).map((month) => {
        const cells = daysOf(month).map((day) => textOf(day, firstWithRun, columns, view));
        return `${month.padEnd(NAME_COLUMNS)}${cells.join('')}`.trimEnd();
      });
      return [ruler(columns), ...months, ...legend(columns, isFiltered, view)];
    },
  };
}

/** What the signs mean, none of them parted from its meaning. */
function legend(columns: 1 | 2, isFiltered: boolean, view: View): string[] {
  const parts = [
    ...SIGNS.map(([status, sign]) => `${sign} ${status}`),
    columns === 1 ? 'a small letter: and others' : `${MIXED} and others`,
    `${UNCERTAIN} perhaps one that cannot be read`,
    `${NO_RUN} ${isFiltered ? 'no such run' : 'no run'}`,
  ];
  const text = parts.map((part) => part.replaceAll(' ', UNBROKEN)).join(', ');
  return wrapped(text, view.columns).map((each) => each.replaceAll(UNBROKEN, ' '));
}

/** The day in the name of a run that cannot be read and those beside it: nobody knows of which zone it is. */
function daysNear(runId: string): string[] {
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)-/.exec(runId) ?? [];
  const named = Date.UTC(Number(year), Number(month) - 1, Number(day));
  if (Number.isNaN(named)) return [];
  return [-1, 0, 1].map((offset) => new Date(named + offset * DAY_MS).toISOString().slice(0, 10));
}

/** The month of a day and those before, as `2026-06`. */
function monthsUpTo(day: string): string[] {
  const [year = 0, month = 0] = day.split('-').map(Number);
  return Array.from({ length: MONTHS }, (_, index) =>
    new Date(Date.UTC(year, month - MONTHS + index, 1)).toISOString().slice(0, 7),
  );
}

function daysOf(month: string): string[] {
  const [year = 0, number = 0] = month.split('-').map(Number);
  const length = new Date(Date.UTC(year, number, 0)).getUTCDate();
  return Array.from({ length }, (_, index) => `${month}-${String(index + 1).padStart(2, '0')}`);
}

/** Where a day has but one column, that of several statuses has a small letter. */
function dayCell(statuses: ReadonlySet<Status>, columns: 1 | 2, { paint }: View): string {
  const [status, sign] = SIGNS.find(([each]) => statuses.has(each)) ?? (['cancelled', 'X'] as const);
  const mixed = columns === 1 ? sign.toLowerCase() : sign + MIXED;
  const cell = (statuses.size > 1 ? mixed : sign).padEnd(columns);
  const meaning = statusMeaning(status);
  return meaning === undefined ? cell : paint(meaning, cell);
}

/** The numbers of some days, above them. */
function ruler(columns: number): string {
  return [1, 5, 10, 15, 20, 25, 30].reduce(
    (line, day) => line.padEnd(NAME_COLUMNS + (day - 1) * columns) + String(day),
    '',
  );
}
