/** Rows of a listing come in, aligned lines go out. */

import { escapeAll, printable } from '../quote.ts';
import type { ListedRun } from '../index.ts';
import { lengthOf, statusCell } from './render-head.ts';
import { fitted, line, titles, widthsOf, type Cell, type Column } from './table.ts';
import { shortTime } from './times.ts';
import type { View } from './view.ts';

const COLUMNS: readonly Column[] = [
  { title: 'RUN', align: 'left' },
  { title: 'STATUS', align: 'left' },
  { title: 'TYPE', align: 'left', atLeast: 4 },
  { title: 'TRIGGER', align: 'left', atLeast: 4 },
  { title: 'STARTED', align: 'left' },
  { title: 'DURATION', align: 'right' },
  { title: 'NOTE', align: 'left', atLeast: 8 },
];

/** Turns rows into lines: as wide as the first rows want, for all that come later. */
export interface Listing {
  readonly head: () => string;
  readonly row: (listed: ListedRun) => string;
}

export function createListing(first: readonly ListedRun[], view: View): Listing {
  const cells = first.map((listed) => cellsOf(listed, view));
  // The last column is there where somebody has something to say, and takes what is left.
  const isPlain = first.every((listed) => listed.ok && listed.run.error_summary === '');
  const columns = isPlain ? COLUMNS.slice(0, -1) : COLUMNS;
  const widths = fitted(columns, widthsOf(columns, cells), view.columns);
  return {
    head: () => titles(columns, widths, view.paint),
    row: (listed) => line(columns, widths, cellsOf(listed, view), view.paint),
  };
}

function cellsOf(listed: ListedRun, { isUtc, now }: View): Cell[] {
  if (!listed.ok) {
    const status: Cell = { text: 'unreadable', meaning: 'bad' };
    const nothing: Cell = { text: '' };
    const why: Cell = { text: escapeAll(listed.error.message) };
    return [{ text: printable(listed.run_id) }, status, nothing, nothing, nothing, nothing, why];
  }
  const { run } = listed;
  return [
    { text: printable(run.run_id) },
    statusCell(run),
    { text: run.type },
    { text: run.trigger },
    { text: shortTime(run.started_at, isUtc) },
    { text: lengthOf(run, now) },
    { text: printable(run.error_summary) },
  ];
}
