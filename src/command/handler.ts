/** Answers the messages of a session; how messages and replies travel is the caller's business. */

import * as v from 'valibot';
import type { Answer, ListedRun, Validation } from '../model/answer.ts';
import { createCanceller, createRelay, type Relay } from '../concurrency/abort.ts';
import {
  accessDenied,
  busy,
  invalidFilter,
  Refusal,
  unknownCommand,
  type BackupRunError,
} from '../model/errors.ts';
import { createSemaphore, type Semaphore } from '../concurrency/semaphore.ts';
import type { Inspector } from '../inspector.ts';
import { moment, wantedRuns, type RunFilter } from '../listing/filter.ts';
import type { BackupRun } from '../model/run.ts';
import { checked } from '../model/check-options.ts';
import { quote } from '../model/printable.ts';
import type { FailureReply, Reply, RunsReply, UnreadableRow } from './reply.ts';
import { abortSignal, budget, type InspectionOptions } from '../inspect/options.ts';

/** Who sent a message: what the caller's own log-in found out, never a part of the message. */
export interface CommandSession {
  /** `SESSION_ADMIN` and `SESSION_MANAGER` may ask. */
  readonly role?: unknown;
}

/** How all commands of a handler are run. */
export interface CommandOptions {
  /**
   * Milliseconds a command may take, because clients do not wait for ever: an inspection answers with what was verified by
   * then, a listing that is not complete by then is `BUSY`. No limit.
   */
  timeBudgetMs?: number | undefined;
}

/** How one message is handled. */
export interface MessageOptions {
  /** Aborts the command, when nobody waits for its reply any more: the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/**
 * Handles one message `{ command, extID, data }`. Judges the role first, then the command, then the data.
 *
 * @throws the signal's reason after an abort, and a TypeError for options of a wrong type or a closed inspector; never for
 * what a message or a session holds.
 */
export type CommandHandler = (
  message: unknown,
  session: CommandSession,
  options?: MessageOptions,
) => Promise<Reply>;

const ROLES = ['SESSION_ADMIN', 'SESSION_MANAGER'];

const COMMANDS = ['GetBackupRun', 'ValidateBackupRun', 'GetBackupRuns', 'GetBackupsList'];

/** A reply without its envelope. */
type Body = BackupRun | (BackupRun & { readonly ok: true }) | Pick<RunsReply, 'rows'>;

/**
 * Creates a handler of the commands `GetBackupRun`, `ValidateBackupRun` and `GetBackupRuns` (also `GetBackupsList`).
 *
 * @param inspector - stays the caller's, who closes it.
 * @throws TypeError for options of a wrong type.
 */
export function createCommandHandler(inspector: Inspector, options: CommandOptions = {}): CommandHandler {
  const { timeBudgetMs } = checked(handlerSchema, options, 'create a command handler');
  const relay = createRelay();
  const lists = createSemaphore(LISTS_AT_ONCE);
  return async (message, session, messageOptions = {}) => {
    const { signal } = checked(messageSchema, messageOptions, 'handle a message');
    const role = keyOf(session, 'role');
    const extID = keyOf(message, 'extID');
    // What is no number of JSON would come back as null.
    const envelope = typeof extID === 'string' || isFiniteNumber(extID) ? { extID } : {};
    try {
      if (typeof role !== 'string' || !ROLES.includes(role)) throw new Refusal(accessDenied(ROLES));
      return { ...envelope, ...(await carryOut(message, inspector, { signal, timeBudgetMs, relay, lists })) };
    } catch (thrown) {
      if (thrown instanceof Refusal) return { ...envelope, ...failure(thrown.error) };
      throw thrown;
    }
  };
}

function isFiniteNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

/** Rejects with a `Refusal` when the command cannot be carried out. */
async function carryOut(message: unknown, inspector: Inspector, call: Call): Promise<Body> {
  const command = keyOf(message, 'command');
  switch (command) {
    case 'GetBackupRun':
      return runOrThrow(await inspector.getBackupRun(keyOf(message, 'data'), call));
    case 'ValidateBackupRun':
      return { ...runOrThrow(await inspector.validateBackupRun(keyOf(message, 'data'), call)), ok: true };
    case 'GetBackupRuns':
    case 'GetBackupsList':
      return listRows(inspector, keyOf(message, 'data'), call);
    default:
      throw new Refusal(
        unknownCommand(COMMANDS, typeof command === 'string' ? quote(command) : `a ${typeof command}`),
      );
  }
}

/** What limits a command. */
interface Call extends Pick<InspectionOptions, 'signal' | 'timeBudgetMs'> {
  /** One signal may be given with many messages, and takes few listeners without a warning. */
  readonly relay: Relay;
  readonly lists: Semaphore;
}

/** Lists under way at once: each holds all of its rows. */
const LISTS_AT_ONCE = 4;

/** What an object of any origin has under a key; nothing when it cannot be read. */
function keyOf(value: unknown, key: string): unknown {
  try {
    return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  } catch {
    // A getter or a proxy threw: there is nothing that could be meant.
    return undefined;
  }
}

function failure({ code, httpCode, message }: BackupRunError): Omit<FailureReply, 'extID'> {
  return { error: code, http_code: httpCode, description: message };
}

function runOrThrow(answer: Answer | Validation): BackupRun {
  if (answer.ok) return answer.run;
  throw new Refusal(answer.error);
}

const handlerSchema = v.object({ timeBudgetMs: v.optional(budget) });
const messageSchema = v.object({ signal: v.optional(abortSignal) });

const listSchema = v.object({ ...wantedRuns, started_from: moment, started_to: moment });

function filterOf(data: unknown = {}): RunFilter {
  let issue = { path: 'data', message: 'expected an object that can be read' };
  try {
    const parsed = v.safeParse(Array.isArray(data) ? v.never() : listSchema, data);
    if (parsed.success) {
      const { started_from: startedFrom, started_to: startedTo, ...wanted } = parsed.output;
      return { ...wanted, startedFrom, startedTo };
    }
    const [first] = parsed.issues;
    issue = { path: ['data', v.getDotPath(first) ?? []].flat().join('.'), message: first.message };
  } catch {
    // A getter or a proxy threw.
  }
  throw new Refusal(invalidFilter(issue.path, issue.message));
}

const BUDGET_OVER = new Error('the time budget is over');

async function listRows(inspector: Inspector, data: unknown, call: Call): Promise<Pick<RunsReply, 'rows'>> {
  const { signal, timeBudgetMs, relay, lists } = call;
  const filter = filterOf(data);
  const canceller = createCanceller();
  const end = new AbortController();
  canceller.onCancel((reason) => end.abort(reason));
  if (signal?.aborted === true) canceller.cancel(signal.reason);
  const unlisten = signal && relay.listen(signal, canceller.cancel);
  const timer =
    timeBudgetMs === undefined ? undefined : setTimeout(canceller.cancel, timeBudgetMs, BUDGET_OVER);
  const rows: RunsReply['rows'] = [];
  let leave: (() => void) | null = null;
  try {
    leave = await lists.acquire(canceller);
    for await (const row of inspector.listBackupRuns({ ...filter, signal: end.signal }))
      rows.push(replyRow(row));
    return { rows };
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

function replyRow(row: ListedRun): BackupRun | UnreadableRow {
  return row.ok ? row.run : { run_id: row.run_id, path: row.path, ...failure(row.error) };
}
