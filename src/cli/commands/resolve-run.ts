/** The run that a word means: a whole run id, `latest`, or a prefix that only one run has. */

import type { BackupRunError, Inspector, RunFilter } from '../../index.ts';
import { RUN_STATUSES } from '../../model/run.ts';
import { printable, quote } from '../../model/printable.ts';
import { UsageError } from '../args/usage-error.ts';
import type { CliContext } from '../context.ts';

/** What runs are looked up with. */
export interface RunLookup {
  readonly inspector: Inspector;
  readonly context: Pick<CliContext, 'signal'>;
  /** Takes why a directory could not be listed: a run may be hidden there. */
  readonly onFault: (error: BackupRunError) => Promise<void>;
}

/** The word for the newest run that is not running; a run of that name goes before. */
const LATEST = 'latest';

/** Ids of the real form are whole. They are never taken for a prefix: a script that names a run that is gone gets no other. */
const WHOLE_ID = /^\d{8}-\d{6}-\d{6}$/;

/** Candidates that a complaint names. */
const MOST_NAMED = 10;

/** Runs that are not being written any more. */
export const FINISHED: Readonly<RunFilter> = {
  status: RUN_STATUSES.filter((status) => status !== 'running'),
};

/**
 * The run id that a word means. Where no run has the word for its id, nor for its beginning, it is the word: the library says
 * what is wrong with it.
 *
 * @throws UsageError where several runs have it for their beginning.
 */
export async function resolveRunId(word: string, lookup: RunLookup): Promise<string> {
  if (WHOLE_ID.test(word) || (await exists(word, lookup))) return word;
  if (word === LATEST) return (await newestFinished(lookup)) ?? word;
  const ids = await startingWith(word, lookup);
  const [id = word, ...others] = ids;
  if (others.length === 0) return id;
  const named = ids.slice(0, MOST_NAMED).map(printable).join(', ');
  const more = ids.length > MOST_NAMED ? ` and ${ids.length - MOST_NAMED} more` : '';
  throw new UsageError(`Cannot choose a run: ${quote(word)} is the beginning of ${named}${more}`);
}

/** The id of the newest run that is not running; null when there is none. */
export async function newestFinished(lookup: RunLookup): Promise<string | null> {
  for await (const id of listedIds({ ...FINISHED, limit: 1 }, lookup)) return id;
  return null;
}

/** The ids of the runs that pass a filter, newest first, those that cannot be read among them. */
export async function* listedIds(
  filter: RunFilter,
  { inspector, context, onFault }: RunLookup,
): AsyncGenerator<string> {
  const { signal } = context;
  for await (const row of inspector.listBackupRuns({ ...filter, signal })) {
    if (row.ok) yield row.run.run_id;
    else if (row.run_id === '') await onFault(row.error);
    else yield row.run_id;
  }
}

async function exists(word: string, { inspector, context }: RunLookup): Promise<boolean> {
  const { signal } = context;
  const answer = await inspector.getBackupRun({ run_id: word }, { level: 'none', signal });
  return answer.ok || answer.error.code !== 'BACKUP_RUN_NOT_FOUND';
}

async function startingWith(word: string, lookup: RunLookup): Promise<string[]> {
  const ids: string[] = [];
  if (word === '') return ids;
  for await (const id of listedIds({}, lookup)) {
    if (id.startsWith(word)) ids.push(id);
  }
  return ids;
}
