/** Reads the row of a run for a listing: looks until what is wrong with it is certain. */

import type { Io } from '../fs/calls.ts';
import { refusalOf } from '../fs/errno.ts';
import { identityOf } from '../fs/handle.ts';
import type { Root } from '../fs/root.ts';
import { runPath, type StatusDirectory } from '../repository/layout.ts';
import { locate, locateIn, type LocatedRun } from '../repository/locate-run.ts';
import type { ListedRun } from '../model/answer.ts';
import { ioError, isRowError, Refusal, type ListBackupRunsError } from '../model/errors.ts';
import { loadRowRecord, type RowOptions } from './row-record.ts';
import { runOf } from './run-of.ts';
import { judgeStatus } from './status.ts';

/** A run by its name, and the directories where it was seen, in look-up order. */
export interface NamedRun {
  readonly runId: string;
  readonly directories: readonly StatusDirectory[];
}

/** A run on its way into a listing. */
export interface Candidate {
  readonly run: NamedRun;
  /** Looks so far. */
  readonly looks: number;
  /** What the last of them saw, when something was wrong. */
  readonly before: SeenFault | null;
  /** Milliseconds, when the last of them stalled: it is not looked at again. */
  readonly stalledMs: number | null;
}

/** Something wrong with a run, and the revision of its directory in which it was seen: `""` when that could not be told. */
export interface SeenFault {
  readonly code: string;
  readonly revision: string;
}

/** A row, and what it weighs. */
export interface ReadRow {
  readonly row: ListedRun;
  /** Bytes of memory that keeping the row takes, at most, roughly. */
  readonly weight: number;
}

/** What a look at a run settled; or why to look again in a while: whoever moves or deletes it needs some. */
export type RowOutcome =
  /** Null when the run is gone. */
  | { readonly type: 'settled'; readonly read: ReadRow | null }
  | { readonly type: 'again'; readonly before: SeenFault | null }
  /** It was not looked at: the rows before it hold as much as one job may. */
  | { readonly type: 'later' };

/** How often a run is looked at with which something is wrong, and that is moved or changed meanwhile. */
const ROW_ATTEMPTS = 5;

/** Bytes of a row beside the texts of its manifest. */
const ROW_WEIGHT = 512;

/** Bytes of an error: at most 20 issues, a sentence each. */
const ERROR_WEIGHT = 8_192;

/**
 * Looks at a run once. What is wrong with it stands only if it is wrong twice, and nothing moved meanwhile; a run that is gone
 * is null.
 */
export async function lookAtRow(
  { run, looks, before, stalledMs }: Candidate,
  root: Root,
  options: RowOptions,
  io: Io,
): Promise<RowOutcome> {
  const [only, another] = run.directories;
  if (stalledMs !== null) return { type: 'settled', read: stalledRow(run, root) };
  // Nearly always it stays where it was seen.
  if (looks === 0 && only !== undefined && another === undefined) {
    const seen = await look(run, root, options, io, () => locateIn(root, only, run.runId, io));
    return seen !== null && seen.trouble === null
      ? { type: 'settled', read: seen.read }
      : { type: 'again', before: seen?.trouble ?? null };
  }
  const seen = await look(run, root, options, io, () => locate(root, run.runId, io));
  const trouble = seen?.trouble ?? null;
  const isSame = before?.code === trouble?.code && before?.revision === trouble?.revision;
  return trouble === null || isSame || looks >= ROW_ATTEMPTS
    ? { type: 'settled', read: seen?.read ?? null }
    : { type: 'again', before: trouble };
}

/** What one look at a run saw. */
interface SeenRow {
  readonly read: ReadRow;
  /** Why to look again; null when there is no reason. */
  readonly trouble: SeenFault | null;
}

/** Looks at a run once; null when it is not there. */
async function look(
  run: NamedRun,
  root: Root,
  options: RowOptions,
  io: Io,
  locating: () => LocatedRun,
): Promise<SeenRow | null> {
  let located: LocatedRun | null = null;
  try {
    located = locating();
    return await readableRow(located, options, io);
  } catch (fault) {
    const refusal = fault instanceof Refusal ? fault : refusalOf(fault, located?.path ?? root.name);
    if (!(refusal instanceof Refusal)) throw refusal;
    const { error } = refusal;
    if (!isRowError(error)) return null;
    const revision = located === null ? '' : identityOf(located.handle.stats);
    return {
      read: unreadableRow(run, located?.path, error, root),
      trouble: { code: error.code, revision },
    };
  } finally {
    located?.handle.release();
  }
}

async function readableRow(located: LocatedRun, options: RowOptions, io: Io): Promise<SeenRow> {
  const { head, stats, claimed } = await loadRowRecord(located, options, io);
  const status = judgeStatus(located.directory, head.status);
  return {
    read: {
      row: { ok: true, run: runOf(located, head, status, []), ...claimed },
      weight: ROW_WEIGHT + 2 * Number(stats.size),
    },
    trouble: status.conflict
      ? { code: `${located.directory} ${head.status}`, revision: identityOf(located.handle.stats) }
      : null,
  };
}

function unreadableRow(
  run: NamedRun,
  seenAt: string | undefined,
  error: ListBackupRunsError,
  { name }: Pick<Root, 'name'>,
): ReadRow {
  const path = seenAt ?? placeOf(run, name);
  return { row: { ok: false, run_id: run.runId, path, error }, weight: ERROR_WEIGHT };
}

/** Where a run was seen first, in the form of answers. */
function placeOf({ runId, directories }: NamedRun, rootName: string): string {
  const [directory = 'completed'] = directories;
  return runPath(rootName, directory, runId);
}

/** The row of a run that could not be looked at, with the reason. */
export function refusedRow(run: NamedRun, rootName: string, error: ListBackupRunsError): ReadRow {
  return unreadableRow(run, undefined, error, { name: rootName });
}

function stalledRow(run: NamedRun, { name }: Root): ReadRow {
  return refusedRow(run, name, ioError(placeOf(run, name), 'ETIMEDOUT'));
}
