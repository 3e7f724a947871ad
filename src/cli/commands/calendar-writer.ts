/** Prints a listing as a year of days, and below it what stands on none of them. */

import type { ListedRun, RunFilter } from '../../index.ts';
import { optionText, type Arguments } from '../args/arguments.ts';
import { dayOf, parseTime } from '../args/times.ts';
import { UsageError } from '../args/usage-error.ts';
import type { CliContext } from '../context.ts';
import { complain } from '../output/complain.ts';
import { viewOf, type Form } from '../output/form.ts';
import { counted } from '../output/quantities.ts';
import { calendarRange, createRunCalendar, type CalendarRange } from '../output/render-calendar.ts';
import { createRunTable } from '../output/render-list.ts';
import { createTotals } from '../output/render-totals.ts';
import type { View } from '../output/view.ts';
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
    throw new UsageError('Cannot use --calendar and --limit together: every run has a day');
  const isUtc = args.texts.has('utc');
  const { startedFrom, startedTo = Math.floor(now / 1_000) } = filter;
  const from = startedFrom === undefined ? null : dayOf(startedFrom, isUtc);
  const range = calendarRange(dayOf(startedTo, isUtc), from);
  const first = parseTime(range.first, '--from', 'first', isUtc);
  return { range, filter: { ...filter, startedFrom: Math.max(first, startedFrom ?? 0) } };
}

/** Rows of runs that cannot be read; of more, how many they are. */
const MOST_UNREADABLE = 10;

export function createCalendarWriter(
  { range }: CalendarPlan,
  args: Arguments,
  context: CliContext,
): RowWriter {
  const calendar = createRunCalendar(range, args.texts.has('utc'));
  const totals = createTotals();
  const unreadable: ListedRun[] = [];
  let unreadableCount = 0;
  let hasFaults = false;

  return {
    add(row) {
      if (!row.ok && row.run_id === '') {
        // A directory that could not be listed is no run.
        hasFaults = true;
        return Promise.resolve();
      }
      totals.add(row);
      calendar.add(row);
      if (row.ok) return Promise.resolve();
      unreadableCount += 1;
      if (unreadableCount <= MOST_UNREADABLE) unreadable.push(row);
      return Promise.resolve();
    },
    async end(isAll) {
      const view = viewOf(args, context);
      // A part of it would look as if there had been no more runs.
      if (!isAll) return;
      if (totals.isEmpty()) return hasFaults ? undefined : complain(context, 'There is no such run');
      const rest = unreadableLines(unreadable, unreadableCount, view);
      const lines = [...calendar.render(view), ...rest, totals.render(!hasFaults, view)];
      await context.out.print(`${lines.join('\n')}\n`);
    },
  };
}

/** The day of a run that cannot be read is that of its name, or unknown: each is told. */
function unreadableLines(rows: readonly ListedRun[], count: number, view: View): string[] {
  const table = createRunTable(rows, true, view);
  const more = count - rows.length;
  return [
    ...rows.map(table.row),
    ...(more > 0 ? [`and ${counted(more, 'more', 'more')} that cannot be read; list shows them`] : []),
  ];
}
