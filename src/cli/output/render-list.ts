/** The table of runs, as wide as the first rows want, and the line of totals below it. */

import { escapeAll, printable } from '../../model/printable.ts';
import type { ListedRun } from '../../index.ts';
import { ageOf, durationOfRun, elapsed, statusCell } from './render-head.ts';
import { size } from './quantities.ts';
import { isWider, line, titles, widthsOf, type Cell, type Column } from './table.ts';
import { shortTime } from '../args/times.ts';
import { paintPlain } from './paint.ts';
import { wrapped, type View } from './view.ts';
import { width } from './width.ts';

/**
 * The columns of runs. A narrow terminal goes without those of the least `worth` first; a note is then on lines below its run. None is
 * ever cut: a wider terminal shows no less.
 */
const RUN_COLUMNS = [
  { title: 'RUN', align: 'left', worth: Infinity },
  { title: 'CLAIMED', align: 'left', worth: Infinity },
  { title: 'TYPE', align: 'left', worth: 4 },
  { title: 'TRIGGER', align: 'left', worth: 2 },
  { title: 'STARTED', align: 'left', worth: 3 },
  { title: 'AGE', align: 'right', worth: 7 },
  { title: 'SIZE', align: 'right', worth: 6 },
  { title: 'DURATION', align: 'right', worth: 5 },
  { title: 'NOTE', align: 'left', worth: 1 },
] as const satisfies readonly (Column & { readonly worth: number })[];

type Title = (typeof RUN_COLUMNS)[number]['title'];
/** Of a run that cannot be read, only what is known. */
type RunCells = Readonly<Partial<Record<Title, Cell>>>;

const DISPENSABLE: readonly Title[] = RUN_COLUMNS.filter(({ worth }) => worth < Infinity)
  .toSorted((a, b) => a.worth - b.worth)
  .map(({ title }) => title);

/** Turns rows into lines. */
export interface RunTable {
  readonly head: () => string;
  /** The lines of a row. */
  readonly row: (listed: ListedRun) => string;
}

/** Columns of an id of the real form. A longer one that takes more than a third of the terminal has lines of its own. */
const REAL_ID = 22;

/** Columns before what stands on lines of its own. */
const NOTE_INDENT = 4;

interface Layout {
  readonly columns: readonly (Column & { readonly title: Title })[];
  readonly widths: readonly number[];
}

/** @param isAll - whether no rows come later. */
export function createRunTable(first: readonly ListedRun[], isAll: boolean, view: View): RunTable {
  const layout = layoutFor(first, isAll, view);
  const { columns, widths } = layout;
  return {
    head: () => titles(columns, widths, view.paint),
    row: (listed) => rowLines(listed, layout, view).join('\n'),
  };
}

function layoutFor(first: readonly ListedRun[], isAll: boolean, view: View): Layout {
  const { columns: limit } = view;
  const widestId = limit === null ? Infinity : Math.max(REAL_ID, Math.floor(limit / 3));
  const rows = first
    .map((listed) => cellsOf(listed, view))
    .map((cells) => (width(cells.RUN?.text ?? '') > widestId ? { ...cells, RUN: { text: '' } } : cells));
  // Where nobody has something to say there is no column for it.
  const isQuiet = isAll && rows.every(({ NOTE }) => NOTE === undefined || NOTE.text === '');
  const wanted = RUN_COLUMNS.filter(({ title }) => !(isQuiet && title === 'NOTE'));
  for (let count = 0; ; count += 1) {
    const dropped = DISPENSABLE.slice(0, count);
    const columns = wanted.filter(({ title }) => !dropped.includes(title));
    const widths = widthsOf(
      columns,
      rows.map((cells) => cellsInOrder(cells, columns)),
    );
    const isLast = count === DISPENSABLE.length;
    if (isLast || limit === null || !isWider(widths, limit)) return { columns, widths };
  }
}

function cellsInOrder(cells: RunCells, columns: Layout['columns']): Cell[] {
  return columns.map(({ title }) => cells[title] ?? { text: '' });
}

function rowLines(listed: ListedRun, { columns, widths }: Layout, view: View): string[] {
  const cells = cellsOf(listed, view);
  const id = cells.RUN?.text ?? '';
  const isLong = width(id) > (widths[0] ?? 0);
  const note = noteOf(listed);
  const noteRoom = view.columns === null ? Infinity : (widths[columns.findIndex(isOfNotes)] ?? 0);
  const hasCell = listed.ok && columns.some(isOfNotes) && width(note) <= noteRoom;
  const shown = { ...cells, ...(isLong && { RUN: { text: '' } }), ...(!hasCell && { NOTE: { text: '' } }) };
  const cellLines = lineOf(shown, { columns, widths }, view);
  const room = view.columns === null ? Infinity : view.columns - width(cellLines[0] ?? '') - 2;
  // The reason why a run cannot be read stands where its other cells would.
  const isBeside = !listed.ok && width(note) <= room;
  return [
    ...(isLong ? wrapped(id, view.columns) : []),
    ...(isBeside ? cellLines.map((each) => `${each}  ${note}`) : cellLines),
    ...(note === '' || hasCell || isBeside ? [] : wrapped(note, view.columns, NOTE_INDENT)),
  ];
}

function isOfNotes({ title }: { readonly title: Title }): boolean {
  return title === 'NOTE';
}

/** Rows that come later may be wider than those which the columns were made for: then they take several lines. */
function lineOf(cells: RunCells, { columns, widths }: Layout, view: View): string[] {
  const shown = cellsInOrder(cells, columns);
  const text = line(columns, widths, shown, view.paint);
  if (view.columns === null || width(text) <= view.columns) return [text];
  return wrapped(line(columns, widths, shown, paintPlain), view.columns);
}

function noteOf(listed: ListedRun): string {
  return listed.ok ? printable(listed.run.error_summary) : escapeAll(listed.error.message);
}

function cellsOf(listed: ListedRun, { isUtc, now }: View): RunCells {
  if (!listed.ok) {
    return { RUN: { text: printable(listed.run_id) }, CLAIMED: { text: 'unreadable', meaning: 'bad' } };
  }
  const { run, size_bytes } = listed;
  return {
    RUN: { text: printable(run.run_id) },
    CLAIMED: statusCell(run),
    TYPE: { text: run.type },
    TRIGGER: { text: run.trigger },
    STARTED: { text: shortTime(run.started_at, isUtc) },
    AGE: { text: ageOf(run, now) },
    // Of a run whose manifests cannot all be read nobody knows it.
    SIZE: { text: typeof size_bytes === 'number' ? size(size_bytes) : '?' },
    DURATION: { text: run.status === 'running' ? `${elapsed(run, now)}+` : durationOfRun(run, now) },
    NOTE: { text: noteOf(listed) },
  } satisfies Readonly<Record<Title, Cell>>;
}
