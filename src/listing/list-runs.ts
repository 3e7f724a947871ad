/**
 * Lists the runs that pass a filter, row by row, newest first. Nothing is held between two rows, neither a descriptor nor a
 * listener: whoever leaves early leaves nothing behind.
 */

import type { Answer, ListedRun } from '../model/answer.ts';
import { isRowError } from '../model/errors.ts';
import type { Cancellation, Canceller } from '../concurrency/abort.ts';
import { inspectRun } from '../inspect/inspect-run.ts';
import type { Shared } from '../inspect/run-context.ts';
import { createYield, forEachInSlices } from '../concurrency/cooperative.ts';
import { runPath } from '../repository/layout.ts';
import type { FilterSettings } from './filter.ts';
import { createOrder, type RowOrder, type PlacedRun } from './order.ts';
import type { NamedRun, ReadRow } from '../manifest/read-row.ts';
import { findNamedRuns } from './named-runs.ts';
import { readRows, RECORDED } from './read-rows.ts';

/** Runs a piece of a listing, which can be cancelled as long as it lasts. */
export type Step = <T>(work: (canceller: Canceller) => Promise<T>) => Promise<T>;

/** Runs read before the next look whether the order is known: as much more may be read than it needs. */
const BATCH = { limited: 32, all: 256 };

/** Bytes of rows that wait for their turn; those that do not fit in are read once more when it comes. */
const MOST_KEPT = 64 * 1_024 * 1_024;

/** Lists runs, newest first; an unreadable one before the first readable one with a smaller id. */
export async function* listRuns(
  filter: FilterSettings,
  shared: Shared,
  step: Step,
): AsyncGenerator<ListedRun, void, void> {
  const { limit } = filter;
  if (limit === 0) {
    // A closed inspector refuses that too.
    await step(() => Promise.resolve());
    return;
  }
  const listing: Listing = { filter, shared, order: createOrder(limit !== null), keptBytes: 0 };
  const rows = await step((canceller) => beginListing(listing, canceller));
  const yieldIfDue = createYield();
  for (let readable = 0; readable !== limit;) {
    // Rows that were kept come without a call: a loop that only takes them would give nobody a turn.
    await yieldIfDue();
    const row = await step(async (canceller) => rows.shift() ?? nextRow(listing, canceller));
    if (row === null) return;
    if (row.ok) readable += 1;
    yield row;
  }
}

interface Listing {
  readonly filter: FilterSettings;
  readonly shared: Shared;
  readonly order: RowOrder<ReadRow>;
  keptBytes: number;
}

/** Finds out which runs there are; the rows stand for what could not be listed, and for whatever runs are hidden there. */
async function beginListing({ shared, order }: Listing, cancellation: Cancellation): Promise<ListedRun[]> {
  const { runs, misnamed, unlistable } = await findNamedRuns(shared, cancellation);
  for (const each of misnamed) order.place(each);
  await forEachInSlices(runs, ([runId, directories]) => order.add({ runId, directories }));
  return [...unlistable];
}

async function nextRow(listing: Listing, canceller: Canceller): Promise<ListedRun | null> {
  const { order, filter } = listing;
  for (;;) {
    while (!order.isSettled()) await readMore(listing, canceller);
    const placed = order.next();
    if (placed === null) return null;
    listing.keptBytes -= placed.row?.weight ?? 0;
    const row = placed.row?.row ?? (await readRowAgain(placed, listing, canceller));
    if (row !== null && (!row.ok || filter.isListed(row.run))) return row;
  }
}

async function readMore(listing: Listing, cancellation: Cancellation): Promise<void> {
  const runs = listing.order.take(listing.filter.limit === null ? BATCH.all : BATCH.limited);
  // Sizes of runs with their participants come with these.
  const sizes = listing.filter.sizes && !listing.filter.participants;
  await readRows(runs, listing.shared, sizes, cancellation, (run, read) => recordRow(run, read, listing));
}

/** Takes down what was read of a run, if it is there and to be listed. */
function recordRow(run: NamedRun, read: ReadRow | null, listing: Listing): void {
  if (read === null) return;
  const { row } = read;
  if (row.ok) {
    listing.order.sawStart(run.runId, row.run.started_at);
    if (!listing.filter.isListed(row.run)) return;
  }
  const isWhole = !row.ok || !listing.filter.participants;
  const isKept = isWhole && listing.keptBytes + read.weight <= MOST_KEPT;
  if (isKept) listing.keptBytes += read.weight;
  listing.order.place({ ...run, startedAt: row.ok ? row.run.started_at : null, row: isKept ? read : null });
}

async function readRowAgain(
  run: PlacedRun<ReadRow>,
  { filter, shared }: Listing,
  canceller: Canceller,
): Promise<ListedRun | null> {
  const isWhole = filter.participants && run.startedAt !== null;
  // The row of a whole run needs no second look but for its size.
  const row = !isWhole || filter.sizes ? await readRow(run, filter.sizes, shared, canceller) : null;
  if (!isWhole) return row;
  const whole = listedRow(run, await inspectRun({ run_id: run.runId }, RECORDED, canceller, shared), shared);
  if (whole?.ok !== true || !filter.sizes) return whole;
  return { ...whole, size_bytes: row?.ok === true ? (row.size_bytes ?? null) : null };
}

/** Reads the row of one run; null when it is gone. */
async function readRow(
  run: NamedRun,
  sizes: boolean,
  shared: Shared,
  canceller: Canceller,
): Promise<ListedRun | null> {
  let row: ListedRun | null = null;
  await readRows([run], shared, sizes, canceller, (_, read) => {
    row = read?.row ?? null;
  });
  return row;
}

function listedRow(run: NamedRun, answer: Answer, { rootName }: Shared): ListedRun | null {
  if (answer.ok) return { ok: true, run: answer.run };
  const { error } = answer;
  if (!isRowError(error)) return null;
  const [directory = 'completed'] = run.directories;
  return { ok: false, run_id: run.runId, path: runPath(rootName, directory, run.runId), error };
}
