/** A year of days, a line a month: on which days there were runs, and what they claim. */

import type { BackupRun, ListedRun } from '../../index.ts';
import { dayOf } from '../args/times.ts';
import { counted } from './quantities.ts';
import { statusMeaning } from './render-head.ts';
import { wrapped, type View } from './view.ts';

type DayStatus = BackupRun['status'] | 'unreadable';

/** What a day shows: of several runs the one that is nearest to a backup. Signs are told apart without colours. */
const SIGNS: readonly (readonly [DayStatus, string])[] = [
  ['completed', 'C'],
  ['partial', 'P'],
  ['running', 'R'],
  ['failed', 'F'],
  ['timeout', 'T'],
  ['cancelled', 'X'],
  ['unreadable', '?'],
];
/** A day without a run that passes the filters. */
const NO_RUN = '-';
/** Runs of that day claim other statuses too. */
const MIXED = '!';

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
  add(row: ListedRun): void;
  /** The lines, with the signs explained below. */
  render(view: View): string[];
}

export function createRunCalendar({ first, last, from }: CalendarRange, isUtc: boolean): RunCalendar {
  const days = new Map<string, Set<DayStatus>>();
  let outside = 0;

  return {
    add(row) {
      const day = row.ok ? dayOf(row.run.started_at, isUtc) : dayInId(row.run_id);
      const claim = row.ok ? row.run.status : 'unreadable';
      if (first <= day && day <= last) days.set(day, (days.get(day) ?? new Set()).add(claim));
      else if (row.ok) outside += 1;
    },
    render(view) {
      const [firstWithRun = last] = [...days.keys()].toSorted();
      const columns = view.columns === null || view.columns >= NAME_COLUMNS + 2 * DAYS ? 2 : 1;
      const cell = (day: string): string =>
        day < (from ?? firstWithRun) || day > last
          ? ' '.repeat(columns)
          : dayCell(days.get(day) ?? new Set(), columns, view);
      const months = monthsUpTo(last).map((month) => {
        const cells = daysOf(month).map(cell).join('');
        return `${month.padEnd(NAME_COLUMNS)}${cells}`.trimEnd();
      });
      const later = outside === 0 ? [] : [`${counted(outside, 'run')} on none of these days, by the claim`];
      return [
        ruler(columns),
        ...months,
        ...[LEGEND, ...later].flatMap((each) => wrapped(each, view.columns)),
      ];
    },
  };
}

/** What the signs mean. */
const LEGEND = [
  ...SIGNS.map(([status, sign]) => `${sign} ${status}`),
  `${MIXED} and others`,
  `${NO_RUN} none`,
].join(', ');

/** When a run began that cannot be read, nobody knows but its name; empty where that does not say it. */
function dayInId(runId: string): string {
  return /^\d{8}-/.test(runId) ? runId.replace(/^(\d{4})(\d\d)(\d\d)-.*$/s, '$1-$2-$3') : '';
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

/** Where a day has but one column, one of several statuses shows only that. */
function dayCell(statuses: ReadonlySet<DayStatus>, columns: 1 | 2, { paint }: View): string {
  const [status, sign] = SIGNS.find(([each]) => statuses.has(each)) ?? [null, NO_RUN];
  const mixed = columns === 1 ? MIXED : sign + MIXED;
  const cell = (statuses.size > 1 ? mixed : sign).padEnd(columns);
  const meaning = status === null ? 'doubtful' : status === 'unreadable' ? 'bad' : statusMeaning(status);
  return meaning === undefined ? cell : paint(meaning, cell);
}

/** The numbers of some days, above them. */
function ruler(columns: number): string {
  return [1, 5, 10, 15, 20, 25, 30].reduce(
    (line, day) => line.padEnd(NAME_COLUMNS + (day - 1) * columns) + String(day),
    '',
  );
}
