/** The table of runs, as wide as the first rows want. */

import { escapeAll, printable } from '../../quote.ts';
import type { BackupRun, ListedRun } from '../../index.ts';
import { elapsed, durationOfRun, statusCell } from './render-head.ts';
import { fitted, isWider, line, titles, widthsOf, type Cell, type Column } from './table.ts';
import { shortTime } from '../args/times.ts';
import { wrapped, type View } from './view.ts';
import { truncate } from './width.ts';

const RUN_COLUMNS: readonly Column[] = [
  { title: 'RUN', align: 'left' },
  { title: 'STATUS', align: 'left' },
  { title: 'TYPE', align: 'left', atLeast: 4 },
  { title: 'TRIGGER', align: 'left', atLeast: 4 },
  { title: 'STARTED', align: 'left' },
  { title: 'DURATION', align: 'right' },
  { title: 'NOTE', align: 'left', atLeast: 16 },
];

/** Turns rows into lines: as wide as the first rows want, for all that come later. */
export interface RunTable {
  readonly head: () => string;
  readonly row: (listed: ListedRun) => string;
}

/** Columns before a note that stands on lines of its own. */
const NOTE_INDENT = 4;

/** @param isAll - whether no rows come later. */
export function createRunTable(first: readonly ListedRun[], isAll: boolean, view: View): RunTable {
  const { columns: limit, paint } = view;
  const rows = first.map((listed) => (listed.ok ? cellsOf(listed.run, view) : unreadableCells(listed)));
  // Where nobody has something to say there is no column for it, and also not where there is no room for one.
  const isQuiet = isAll && first.every((listed) => !listed.ok || listed.run.error_summary === '');
  const isBelow =
    !isQuiet && limit !== null && isWider(fitted(RUN_COLUMNS, widthsOf(RUN_COLUMNS, rows), limit), limit);
  const columns = isQuiet || isBelow ? RUN_COLUMNS.slice(0, -1) : RUN_COLUMNS;
  const widths = fitted(columns, widthsOf(columns, rows), limit);
  return {
    head: () => titles(columns, widths, paint),
    row(listed) {
      if (listed.ok) {
        const cells = line(columns, widths, cellsOf(listed.run, view), paint);
        const note = isBelow ? printable(listed.run.error_summary) : '';
        return note === '' ? cells : [cells, ...wrapped(note, limit, NOTE_INDENT)].join('\n');
      }
      const name = line(columns.slice(0, 2), widths, unreadableCells(listed), paint);
      const taken = widthsOf(columns.slice(0, 2), [unreadableCells(listed)]);
      const [wide = 0, high = 0] = taken.map((each, index) => Math.max(each, widths[index] ?? 0));
      const why = escapeAll(listed.error.message);
      return `${name}  ${limit === null ? why : truncate(why, Math.max(1, limit - wide - high - 4))}`;
    },
  };
}

/** The reason takes the place of all other cells. */
function unreadableCells({ run_id }: Pick<ListedRun & { ok: false }, 'run_id'>): Cell[] {
  return [{ text: printable(run_id) }, { text: 'unreadable', meaning: 'bad' }];
}

function cellsOf(run: BackupRun, { isUtc, now }: View): Cell[] {
  return [
    { text: printable(run.run_id) },
    statusCell(run),
    { text: run.type },
    { text: run.trigger },
    { text: shortTime(run.started_at, isUtc) },
    { text: run.status === 'running' ? `${elapsed(run, now)}…` : durationOfRun(run, now) },
    { text: printable(run.error_summary) },
  ];
}
