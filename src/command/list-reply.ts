/** The rows of a list command: bounded in time, and in what a reply can hold. */

import * as v from 'valibot';
import { createCanceller, type Relay } from '../concurrency/abort.ts';
import type { Semaphore } from '../concurrency/semaphore.ts';
import type { InspectionOptions } from '../inspect/options.ts';
import type { Inspector } from '../inspector.ts';
import type { RunFilter } from '../listing/filter.ts';
import type { ListedRun } from '../model/answer.ts';
import { issueReason } from '../model/check-options.ts';
import { busy, invalidFilter, Refusal, unsupported } from '../model/errors.ts';
import { runFilterSchema } from '../model/run-filter.ts';
import type { BackupRun } from '../model/run.ts';
import { failure, type RunsReply, type UnreadableRow } from './reply.ts';
import { clearTimeout, setTimeout } from '../concurrency/clock.ts';

/** What limits a command. */
export interface CommandLimits extends Pick<InspectionOptions, 'signal' | 'timeBudgetMs'> {
  /** One signal may be given with many messages, and takes few listeners without a warning. */
  readonly relay: Relay;
  readonly lists: Semaphore;
}

/** Bytes of JSON that a reply may hold: the host has to make a text of it, and to send it. */
export const MOST_REPLY_BYTES = 64 * 1_024 * 1_024;

function filterOf(data: unknown = {}): RunFilter {
  let issue = { path: 'data', message: 'expected an object that can be read' };
  try {
    const parsed = v.safeParse(runFilterSchema, data);
    if (parsed.success) {
      const { started_from: startedFrom, started_to: startedTo, ...wanted } = parsed.output;
      return { ...wanted, startedFrom, startedTo };
    }
    const [first] = parsed.issues;
    issue = { path: ['data', v.getDotPath(first) ?? []].flat().join('.'), message: issueReason(first) };
  } catch {
    // A getter or a proxy threw.
  }
  throw new Refusal(invalidFilter(issue.path, issue.message));
}

const BUDGET_OVER = new Error('the time budget is over');

/** Lists the runs that data ask for. Throws a `Refusal` when it cannot be the whole of the list. */
export async function listRows(
  inspector: Inspector,
  data: unknown,
  { signal, timeBudgetMs, relay, lists }: CommandLimits,
): Promise<Pick<RunsReply, 'rows'>> {
  const filter = filterOf(data);
  const canceller = createCanceller();
  const end = new AbortController();
  canceller.onCancel((reason) => end.abort(reason));
  if (signal?.aborted === true) canceller.cancel(signal.reason);
  const unlisten = signal && relay.listen(signal, canceller.cancel);
  const timer =
    timeBudgetMs === undefined ? undefined : setTimeout(canceller.cancel, timeBudgetMs, BUDGET_OVER);
  let leave: (() => void) | null = null;
  try {
    leave = await lists.acquire(canceller);
    return { rows: await collectRows(inspector.listBackupRuns({ ...filter, signal: end.signal })) };
  } catch (thrown) {
    if (thrown !== BUDGET_OVER) throw thrown;
    // A part of the list would pass for the whole of it.
    throw new Refusal(busy(`not all of them could be listed in ${timeBudgetMs} ms; ask with a limit`));
  } finally {
    leave?.();
    clearTimeout(timer);
    unlisten?.();
  }
}

async function collectRows(listed: AsyncIterable<ListedRun>): Promise<RunsReply['rows']> {
  const rows: RunsReply['rows'] = [];
  let bytes = 0;
  for await (const each of listed) {
    const row = replyRow(each);
    bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
    if (bytes > MOST_REPLY_BYTES) {
      throw new Refusal(
        unsupported('room in a reply', 'ask with a limit, or with started_from and started_to'),
      );
    }
    rows.push(row);
  }
  return rows;
}

function replyRow(row: ListedRun): BackupRun | UnreadableRow {
  return row.ok ? row.run : { run_id: row.run_id, path: row.path, ...failure(row.error) };
}
