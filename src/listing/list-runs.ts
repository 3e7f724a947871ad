/**
 * Lists the runs that pass a filter, row by row, newest first. Nothing is held between two rows, neither a descriptor nor a
 * listener: whoever leaves early leaves nothing behind.
 */

import type { Answer, ListedRun } from '../model/answer.ts';
import type { Cancellation, Canceller } from '../concurrency/abort.ts';
import { inspectRun } from '../inspect/inspect-run.ts';
import type { Shared } from '../inspect/run-context.ts';
import { createYield, mapInSlices } from '../concurrency/cooperative.ts';
import { runPath, type StatusDirectory } from '../repository/layout.ts';
import type { FilterSettings } from './filter.ts';
import { createOrder, type RowOrder, type PlacedRun } from './order.ts';
import { refusedRow, type NamedRun, type ReadRow } from '../manifest/read-row.ts';
import type { MisnamedRun } from '../repository/catalog.ts';
import { readRows, RECORDED } from './read-rows.ts';

/** Runs a piece of a listing, which can be cancelled as long as it lasts. */
export type Step = <T>(work: (canceller: Canceller) => Promise<T>) => Promise<T>;

/** Runs read before the next look whether the order is known: as much more may be read than it needs. */
const BATCH = { limited: 32, all: 256 };

/** Bytes of rows that wait for their turn; those that do not fit in are read once more when it comes. */
const MOST_KEPT = 16 * 1_024 * 1_024;

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
  const takeBreak = createYield();
  for (let count = 1; ; count += 1) {
    // Rows that were kept come without a call: a loop that only takes them would give nobody a turn.
    await takeBreak();
    const row = await step(async (canceller) => rows.shift() ?? nextRow(listing, canceller));
    if (row === null) return;
    yield row;
    if (count === limit) return;
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
  const release = await shared.semaphoreFor(RECORDED).acquire(cancellation);
  try {
    const { parts, unlistable } = await shared.disk.catalog(cancellation);
    const runs = new Map<string, readonly StatusDirectory[]>();
    const yieldIfDue = createYield();
    for (const { directory, runIds, misnamed } of parts) {
      for (const each of misnamed) order.place(misnamedRow(directory, each, shared.rootName));
      // One list for all that are only here: there may be a million.
      const here = [directory];
      for (const [index, runId] of (runIds === '' ? [] : runIds.split('\0')).entries()) {
        if (index % CATALOG_STRIDE === 0) await yieldIfDue();
        runs.set(runId, runs.get(runId)?.concat(directory) ?? here);
      }
    }
    await mapInSlices(runs, ([runId, directories]) => order.add({ runId, directories }));
    return unlistable.map(({ path, error }) => ({ ok: false, run_id: '', path, error }));
  } finally {
    release();
  }
}

/** Names between two looks at the clock. */
const CATALOG_STRIDE = 256;

/** A row from the start: what there is to say of it is known. */
function misnamedRow(
  directory: StatusDirectory,
  { name, error }: MisnamedRun,
  rootName: string,
): PlacedRun<ReadRow> {
  const run: NamedRun = { runId: name, directories: [directory] };
  return { ...run, startedAt: null, row: refusedRow(run, rootName, error) };
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
  await readRows(runs, listing.shared, cancellation, (run, read) => note(run, read, listing));
}

/** Takes down what was read of a run, if it is there and to be listed. */
function note(run: NamedRun, read: ReadRow | null, listing: Listing): void {
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
  if (filter.participants && run.startedAt !== null) {
    return listedRow(run, await inspectRun({ run_id: run.runId }, RECORDED, canceller, shared), shared);
  }
  const rows: ListedRun[] = [];
  await readRows([run], shared, canceller, (_, read) => rows.push(...(read === null ? [] : [read.row])));
  return rows[0] ?? null;
}

function listedRow(run: NamedRun, answer: Answer, { rootName }: Shared): ListedRun | null {
  if (answer.ok) return { ok: true, run: answer.run };
  const { error } = answer;
  if (error.code === 'BACKUP_RUN_NOT_FOUND') return null;
  const [directory = 'completed'] = run.directories;
  return { ok: false, run_id: run.runId, path: runPath(rootName, directory, run.runId), error };
}
