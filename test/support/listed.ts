/** The order in which a listing has to give runs; written from its words alone. */

import type { ListedRun } from '../../src/index.ts';

/** What is known of a run. */
export interface Known {
  readonly runId: string;
  /** Unix seconds; null when it cannot be read. */
  readonly startedAt: number | null;
}

/**
 * Newest first by start, ties by run id descending; an unreadable run before the first readable one with a smaller id,
 * several of them by run id descending.
 */
export function expectedOrder(known: readonly Known[]): string[] {
  const byId = (a: Known, b: Known): number => (a.runId < b.runId ? 1 : -1);
  const order = known
    .filter(({ startedAt }) => startedAt !== null)
    .toSorted((a, b) => b.startedAt! - a.startedAt! || byId(a, b));
  for (const bad of known.filter(({ startedAt }) => startedAt === null).toSorted(byId)) {
    const at = order.findIndex(({ startedAt, runId }) => startedAt !== null && runId < bad.runId);
    order.splice(at === -1 ? order.length : at, 0, bad);
  }
  return order.map(({ runId }) => runId);
}

/** All rows of a listing. */
export async function collect<Row = ListedRun>(listing: AsyncIterable<Row>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of listing) rows.push(row);
  return rows;
}

export function idOf(row: ListedRun): string {
  return row.ok ? row.run.run_id : row.run_id;
}

/** Run ids of all rows of a listing. */
export async function idsOf(listing: AsyncIterable<ListedRun>): Promise<string[]> {
  return (await collect(listing)).map(idOf);
}

/** A run id of the real form. */
export function realId(seconds: number, counter: number): string {
  const digits = new Date(seconds * 1_000)
    .toISOString()
    .replaceAll(/[-:]|\..*$/g, '')
    .replace('T', '-');
  return `${digits}-${String(counter).padStart(6, '0')}`;
}
