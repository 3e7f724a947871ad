/**
 * A filter comes in, the rows of the runs that pass it go out one after the other, newest first. Nothing is held between two
 * rows, neither a descriptor nor a listener: whoever leaves early leaves nothing behind.
 */

import type { Answer, ListedRun } from '../answer.ts';
import type { Cancellation, Canceller } from '../cancellation.ts';
import { Refusal } from '../errors.ts';
import { inspectRun, type Shared } from '../inspect-run.ts';
import { inspectionSettings } from '../request.ts';
import { createBreaks, mapInSlices } from '../slices.ts';
import { readCatalog } from '../store/catalog.ts';
import type { Session } from '../store/disk.ts';
import { refusalOf } from '../store/errno.ts';
import { holdRoot } from '../store/held-root.ts';
import { runPath } from '../store/layout.ts';
import type { FilterSettings } from './filter.ts';
import { createOrder, type NamedRun, type Order, type PlacedRun } from './order.ts';
import { readRow, type ReadRow } from './row.ts';

/** Runs a piece of a listing, which can be cancelled as long as it lasts. */
export type Step = <T>(work: (canceller: Canceller) => Promise<T>) => Promise<T>;

/** Runs read before the next look whether the order is known: as much more may be read than it needs. */
const BATCH = 32;

/** Runs read at once, each with some six descriptors. More than calls that may be in flight: who waits for a writer makes none. */
const LANES = 4;

/** Bytes of rows that wait for their turn; those that do not fit in are read once more when it comes. */
const MOST_KEPT = 16 * 1_024 * 1_024;

const RECORDED = inspectionSettings({ level: 'none' });

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
  const takeBreak = createBreaks();
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
  readonly order: Order<ReadRow>;
  keptBytes: number;
}

/** Finds out which runs there are; the rows stand for what could not be listed, and for whatever runs are hidden there. */
async function beginListing({ shared, order }: Listing, cancellation: Cancellation): Promise<ListedRun[]> {
  const { runs, unlistable } = await onDisk(shared, cancellation, (disk) =>
    readCatalog(disk, shared.root, cancellation),
  );
  await mapInSlices(runs, ([runId, directories]) => order.add({ runId, directories }));
  return unlistable.map(({ path, fault }) => {
    const refusal = refusalOf(fault, path);
    if (refusal instanceof Refusal) return { ok: false, run_id: '', path, error: refusal.error };
    throw refusal;
  });
}

async function nextRow(listing: Listing, canceller: Canceller): Promise<ListedRun | null> {
  const { order, filter } = listing;
  for (;;) {
    while (!order.isSettled()) await readMore(listing, canceller);
    const placed = order.next();
    if (placed === null) return null;
    listing.keptBytes -= placed.row?.weight ?? 0;
    const row = placed.row?.row ?? (await readAgain(placed, listing, canceller));
    if (row !== null && (!row.ok || filter.isListed(row.run))) return row;
  }
}

async function readMore(listing: Listing, cancellation: Cancellation): Promise<void> {
  const { shared, order } = listing;
  const waiting = order.take(BATCH).values();
  const leave = await shared.gateFor(RECORDED).enter(cancellation);
  const lane = (): Promise<void> =>
    inSession(shared, async (disk) => {
      const root = holdRoot(shared.root);
      try {
        for (const run of waiting) {
          note(run, await readRow(run, { ...shared, root, disk, cancellation }), listing);
        }
      } finally {
        await disk.end(root.release());
      }
    });
  const lanes = await Promise.allSettled(Array.from({ length: LANES }, lane));
  leave();
  for (const each of lanes) if (each.status === 'rejected') throw each.reason;
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

async function readAgain(
  run: PlacedRun<ReadRow>,
  { filter, shared }: Listing,
  canceller: Canceller,
): Promise<ListedRun | null> {
  if (filter.participants && run.startedAt !== null) {
    return rowOf(run, await inspectRun({ run_id: run.runId }, RECORDED, canceller, shared), shared);
  }
  const read = await onDisk(shared, canceller, (disk) =>
    readRow(run, { ...shared, disk, cancellation: canceller }),
  );
  return read?.row ?? null;
}

function rowOf(run: NamedRun, answer: Answer, { root }: Shared): ListedRun | null {
  if (answer.ok) return { ok: true, run: answer.run };
  const { error } = answer;
  if (error.code === 'BACKUP_RUN_NOT_FOUND') return null;
  const [directory = 'completed'] = run.directories;
  return { ok: false, run_id: run.runId, path: runPath(root.name, directory, run.runId), error };
}

/** Works on the disk among the quick inspections. */
async function onDisk<T>(
  shared: Shared,
  cancellation: Cancellation,
  work: (disk: Session) => Promise<T>,
): Promise<T> {
  const leave = await shared.gateFor(RECORDED).enter(cancellation);
  return inSession(shared, work).finally(leave);
}

/** Works on the disk, and leaves nothing under way there. */
async function inSession<T>({ disk }: Shared, work: (disk: Session) => Promise<T>): Promise<T> {
  const session = disk.session();
  try {
    return await work(session);
  } finally {
    await session.drain();
  }
}
