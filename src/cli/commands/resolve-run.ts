/** The run that a word means: a whole run id, `latest`, or a prefix that only one run has. */

import type { Answer, BackupRunError, Inspector, ListBackupRunsError, RunFilter } from '../../index.ts';
import { RUN_STATUSES } from '../../model/run.ts';
import { printable, quote } from '../../model/printable.ts';
import { isRunId } from '../../repository/layout.ts';
import { UsageError } from '../args/usage-error.ts';
import type { CliContext } from '../context.ts';

/** What runs are looked up with. */
export interface RunLookup {
  readonly inspector: Inspector;
  readonly context: Pick<CliContext, 'signal'>;
  /** Takes why a directory could not be listed: a run may be hidden there. */
  readonly onFault: (error: BackupRunError) => Promise<void>;
}

/** A run that is meant. */
export interface MeantRun {
  readonly id: string;
  /** Whether it was listed, and has a row whatever comes of it. */
  readonly isListed: boolean;
  /** Why nobody can be asked for it: its name can be no run id. Else null. */
  readonly refusal: ListBackupRunsError | null;
  /** Bytes that its artifacts claim; 0 where nobody knows. */
  readonly bytes: number;
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
 * The run that a word means. Where no run has the word for its id, nor for its beginning, it is the word: the library says
 * what is wrong with it.
 *
 * @throws UsageError where several runs have it for their beginning.
 */
export async function resolveRun(word: string, lookup: RunLookup): Promise<MeantRun> {
  const named = namedRun(word);
  if (WHOLE_ID.test(word) || (await exists(word, lookup))) return named;
  if (word === LATEST) return (await newestFinished(lookup)) ?? named;
  const runs = await startingWith(word, lookup);
  const [run = named, ...others] = runs;
  if (others.length === 0) return run;
  const first = runs.slice(0, MOST_NAMED).map(({ id }) => printable(id));
  const more = runs.length > MOST_NAMED ? ` and ${runs.length - MOST_NAMED} more` : '';
  throw new UsageError(`Cannot choose a run: ${quote(word)} is the beginning of ${first.join(', ')}${more}`);
}

/** A run that somebody named. */
export function namedRun(id: string): MeantRun {
  return { id, isListed: false, refusal: null, bytes: 0 };
}

/** The newest run that is not running; null when there is none. */
export async function newestFinished(lookup: RunLookup): Promise<MeantRun | null> {
  for await (const run of listedRuns({ ...FINISHED, limit: 1 }, lookup)) return run;
  return null;
}

/** The runs that pass a filter, newest first, those that cannot be read among them. */
export async function* listedRuns(
  filter: RunFilter,
  { inspector, context, onFault }: RunLookup,
): AsyncGenerator<MeantRun> {
  const { signal } = context;
  for await (const row of inspector.listBackupRuns({ ...filter, signal })) {
    if (row.ok) yield { id: row.run.run_id, isListed: true, refusal: null, bytes: row.size_bytes ?? 0 };
    else if (row.run_id === '') await onFault(row.error);
    else {
      const refusal = isRunId(row.run_id) ? null : row.error;
      yield { id: row.run_id, isListed: true, refusal, bytes: 0 };
    }
  }
}

async function exists(word: string, lookup: RunLookup): Promise<boolean> {
  const answer = await lookUp(word, lookup);
  return answer.ok || answer.error.code !== 'BACKUP_RUN_NOT_FOUND';
}

/** The run with the bytes that its artifacts claim. */
export async function withBytes(run: MeantRun, lookup: RunLookup): Promise<MeantRun> {
  const answer = await lookUp(run.id, lookup);
  return answer.ok ? { ...run, bytes: answer.coverage.bytes } : run;
}

/** What the manifests of a run say; no artifact is opened. */
function lookUp(runId: string, { inspector, context }: RunLookup): Promise<Answer> {
  const { signal } = context;
  return inspector.getBackupRun({ run_id: runId }, { level: 'none', signal });
}

async function startingWith(word: string, lookup: RunLookup): Promise<MeantRun[]> {
  const runs: MeantRun[] = [];
  if (word === '') return runs;
  for await (const run of listedRuns({}, lookup)) {
    if (run.id.startsWith(word)) runs.push(run);
  }
  return runs;
}
