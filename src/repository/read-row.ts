/** The name of a run comes in, its row of a listing goes out, read from the run manifest alone; null when the run is gone. */

import type { ListedRun } from '../answer.ts';
import type { Cancellation } from '../cancellation.ts';
import { Refusal, type BackupRunError } from '../errors.ts';
import type { InspectionLimits } from '../limits.ts';
import { loadManifest, type RunManifest } from '../manifest/load.ts';
import { judgeStatus } from '../manifest/status.ts';
import { runOf } from '../assemble.ts';
import type { Plan, Stats } from '../store/calls.ts';
import type { Session } from '../store/disk.ts';
import { refusalOf } from '../store/errno.ts';
import { runPath } from '../store/layout.ts';
import { isSameRevision } from '../store/pin.ts';
import { locate, locateIn, type Located, type Whereabouts } from '../store/resolve.ts';
import type { Root } from '../store/root.ts';
import type { NamedRun } from './order.ts';

/** What rows are read with. */
export interface RowSource {
  readonly root: Root;
  readonly limits: InspectionLimits;
  readonly disk: Session;
  readonly cancellation: Cancellation;
}

/** A row, and what it weighs. */
export interface ReadRow {
  readonly row: ListedRun;
  /** Bytes of memory that keeping the row takes, at most, roughly. */
  readonly weight: number;
}

/** How often a run is looked at with which something is wrong, and that is moved or changed meanwhile. */
const ATTEMPTS = 5;

/** Bytes of a row beside the texts of its manifest. */
const ROW_WEIGHT = 512;

/** Bytes of an error: at most 20 issues, a sentence each. */
const ERROR_WEIGHT = 8_192;

/** A run on its way into a listing. */
export interface Candidate {
  readonly run: NamedRun;
  /** Looks so far. */
  readonly looks: number;
  /** What the last of them saw, when something was wrong. */
  readonly before: Seen | null;
}

/** What a look at a run settled, or the same run, to be looked at again in a while: whoever moves or deletes it needs some. */
export type Looked = { readonly read: ReadRow | null } | { readonly again: Candidate };

/**
 * Looks at a run once. What is wrong with it stands only if it is wrong twice, and nothing moved meanwhile; a run that is gone
 * is null.
 */
export async function lookAtRow({ run, looks, before }: Candidate, source: RowSource): Promise<Looked> {
  const { root } = source;
  const [only, another] = run.directories;
  // Nearly always it stays where it was seen.
  if (looks === 0 && only !== undefined && another === undefined) {
    const seen = await look(run, source, (at) => locateIn(root, only, run.runId, at));
    return seen?.trouble === null ? { read: seen } : { again: { run, looks: 1, before: seen } };
  }
  const seen = await look(run, source, (at) => locate(root, run.runId, at));
  const isSettled =
    seen === null || seen.trouble === null || isSameTrouble(before, seen) || looks >= ATTEMPTS;
  return isSettled ? { read: seen } : { again: { run, looks: looks + 1, before: seen } };
}

/** What one look at a run saw. */
interface Seen extends ReadRow {
  /** Why to look again; null when there is no reason. */
  readonly trouble: string | null;
  /** Of the run directory, when that much could be seen. */
  readonly stats: Stats | null;
}

function isSameTrouble(before: Seen | null, now: Seen): boolean {
  if (before === null || before.trouble !== now.trouble) return false;
  if (before.stats === null || now.stats === null) return before.stats === now.stats;
  return isSameRevision(before.stats, now.stats);
}

/** Looks at a run once; null when it is not there. */
async function look(
  run: NamedRun,
  { root, limits, disk, cancellation }: RowSource,
  locating: (at: Whereabouts) => Plan<Located>,
): Promise<Seen | null> {
  const at = { path: root.name };
  let located: Located | null = null;
  try {
    located = await disk.perform(locating(at), cancellation, ({ pin }) => pin.release());
    return readable(located, await loadManifest(disk, located, limits, cancellation));
  } catch (fault) {
    const refusal = fault instanceof Refusal ? fault : refusalOf(fault, located?.path ?? at.path);
    if (!(refusal instanceof Refusal)) throw refusal;
    const { error } = refusal;
    return error.code === 'BACKUP_RUN_NOT_FOUND' ? null : unreadable(run, located, error, root);
  } finally {
    if (located !== null) await disk.end(located.pin.release());
  }
}

function readable(located: Located, { value: { head }, stats }: RunManifest): Seen {
  const judgedStatus = judgeStatus(located.directory, head.status);
  return {
    row: { ok: true, run: runOf(located, head, judgedStatus, []) },
    weight: ROW_WEIGHT + 2 * Number(stats.size),
    trouble: judgedStatus.conflict ? `${located.directory} ${head.status}` : null,
    stats: located.pin.stats,
  };
}

function unreadable(run: NamedRun, located: Located | null, error: BackupRunError, root: Root): Seen {
  const [directory = 'completed'] = run.directories;
  const path = located?.path ?? runPath(root.name, directory, run.runId);
  return {
    row: { ok: false, run_id: run.runId, path, error },
    weight: ERROR_WEIGHT,
    trouble: error.code,
    stats: located?.pin.stats ?? null,
  };
}
