/** Tables aligned by columns of a terminal, and made to fit into it. */

import type { Meaning, Paint } from './paint.ts';
import { clip, fill, width } from './width.ts';

/** One cell: printable text, and what it means. */
export interface Cell {
  readonly text: string;
  readonly meaning?: Meaning;
}

/** One column. */
export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Columns that it is never cut below; without, it is never cut. */
  readonly atLeast?: number;
}

const GAP = 2;

/** The widths that these rows want. */
export function widthsOf(columns: readonly Column[], rows: readonly (readonly Cell[])[]): number[] {
  return columns.map(({ title }, index) =>
    rows.reduce((most, row) => Math.max(most, width(row[index]?.text ?? '')), width(title)),
  );
}

function tableWidth(widths: readonly number[]): number {
  return widths.reduce((sum, each) => sum + each + GAP, -GAP);
}

/** Whether lines of these widths are wider than `limit` columns. */
export function isWider(widths: readonly number[], limit: number): boolean {
  return tableWidth(widths) > limit;
}

/** The widths made to fit: what may be cut is cut, the widest first. Without a limit they stay. */
export function fitted(
  columns: readonly Column[],
  widths: readonly number[],
  limit: number | null,
): number[] {
  const fitting = [...widths];
  if (limit === null) return fitting;
  let excess = tableWidth(fitting) - limit;
  while (excess > 0) {
    const spare = fitting.map((each, index) => each - (columns[index]?.atLeast ?? each));
    const most = Math.max(...spare);
    if (most <= 0) return fitting;
    const index = spare.indexOf(most);
    fitting[index] = (fitting[index] ?? 0) - 1;
    excess -= 1;
  }
  return fitting;
}

/** One line of the table. */
export function line(
  columns: readonly Column[],
  widths: readonly number[],
  row: readonly Cell[],
  paint: Paint,
): string {
  const cells = columns.map(({ align, atLeast }, index) => {
    const { text, meaning } = row[index] ?? { text: '' };
    const wide = widths[index] ?? 0;
    const shown = fill(atLeast === undefined ? text : clip(text, wide), wide, align);
    // Nothing is added after the last cell.
    const trimmed = index === columns.length - 1 ? shown.trimEnd() : shown;
    return meaning === undefined ? trimmed : paint(meaning, trimmed);
  });
  return cells.join(' '.repeat(GAP)).trimEnd();
}

/** The line of titles. */
export function titles(columns: readonly Column[], widths: readonly number[], paint: Paint): string {
  const row = columns.map(({ title }): Cell => ({ text: title, meaning: 'faint' }));
  return line(columns, widths, row, paint);
}
