/** Prints a listing as a year of days, and below it what stands on none of them. */

import type { ListedRun, RunFilter } from '../../index.ts';
import { optionText, type Arguments } from '../args/arguments.ts';
import { hasFilter } from '../args/filter.ts';
import { dayOf, parseTime } from '../args/times.ts';
import { UsageError } from '../args/usage-error.ts';
import type { CliContext } from '../context.ts';
import { viewOf, type Form } from '../output/form.ts';
import { counted } from '../output/quantities.ts';
import { calendarRange, createRunCalendar, type CalendarRange } from '../output/render-calendar.ts';
import { createRunTable } from '../output/render-list.ts';
import { createTotals } from '../output/render-totals.ts';
import { complainOfNoRun } from './root.ts';
import type { RowWriter } from './row-writer.ts';

/** A calendar that was asked for. */
export interface CalendarPlan {
  readonly range: CalendarRange;
  /** Of the runs that it shows. */
  readonly filter: RunFilter;
}

/**
 * The twelve months up to now, or up to the end that was asked for.
 *
 * @throws UsageError for what a calendar cannot show.
 */
export function planCalendar(args: Arguments, form: Form, filter: RunFilter, now: number): CalendarPlan {
  if (form !== 'text') throw new UsageError(`Cannot use --calendar and --${form} together`);
  // Days would look as if there had been no run.
  if (optionText(args, 'limit') !== undefined)
    throw new UsageError('Cannot use --calendar and --limit together: days of runs left out would be empty');
  const isUtc = args.texts.has('utc');
  const { startedFrom, startedTo = Math.floor(now / 1_000) } = filter;
  const from = startedFrom === undefined ? null : dayOf(startedFrom, isUtc);
  const range = calendarRange(dayOf(startedTo, isUtc), from);
  const first = parseTime(range.first, '--from', 'first', isUtc);
  return { range, filter: { ...filter, startedFrom: Math.max(first, startedFrom ?? 0) } };
}

/** Rows below the calendar; of more, how many they are. */
const MOST_ROWS = 10;

export function createCalendarWriter(
  { range }: CalendarPlan,
  args: Arguments,
  context: CliContext,
): RowWriter {
  const calendar = createRunCalendar(range, args.texts.has('utc'), hasFilter(args));
  const totals = createTotals();
  const below: ListedRun[] = [];
  let hidden = 0;
  let hasFaults = false;

  function add(row: ListedRun): void {
    if (!row.ok && row.run_id === '') {
      // A directory that could not be listed is no run.
      hasFaults = true;
      return;
    }
    totals.add(row);
    const hasDay = calendar.add(row);
    // What is under way, and what stands on no day for sure, a day alone would not tell.
    const isTold = hasDay && row.ok && row.run.status !== 'running';
    if (isTold) return;
    if (below.length < MOST_ROWS) below.push(row);
    else hidden += 1;
  }

  return {
    add: (row) => Promise.resolve(add(row)),
    async end(isAll) {
      const view = viewOf(args, context);
      // A part of it would look as if there had been no more runs.
      if (!isAll) return;
      if (totals.isEmpty()) return hasFaults ? undefined : complainOfNoRun(args, context);
      const table = createRunTable(below, true, view);
      const rows = below.length === 0 ? [] : [table.head(), ...below.map(table.row)];
      const more = hidden === 0 ? [] : [`and ${counted(hidden, 'more', 'more')}; list shows them`];
      const lines = [...calendar.render(view), ...rows, ...more, totals.render(!hasFaults, view)];
      await context.out.print(`${lines.join('\n')}\n`);
    },
  };
}
