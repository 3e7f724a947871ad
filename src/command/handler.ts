/** Answers the messages of a session; how messages and replies travel is the caller's business. */

import * as v from 'valibot';
import type { Answer, Validation } from '../model/answer.ts';
import { createRelay } from '../concurrency/abort.ts';
import { accessDenied, invalidData, Refusal, unknownCommand, unsupported } from '../model/errors.ts';
import { createSemaphore } from '../concurrency/semaphore.ts';
import type { Inspector } from '../inspector.ts';
import type { BackupRun } from '../model/run.ts';
import { checked, exactly, unknownKey } from '../model/check-options.ts';
import { suggestion } from '../model/nearest.ts';
import { describe, quote } from '../model/printable.ts';
import { isLargerThan } from './json-size.ts';
import { listRows, MOST_REPLY_BYTES, type CommandLimits } from './list-reply.ts';
import { failure, type FailureReply, type Reply, type RunsReply } from './reply.ts';
import { abortSignal, budget } from '../inspect/options.ts';
import { readRunId, type BackupRunRequest } from '../inspect/request.ts';

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
type Body =
  BackupRun | (BackupRun & { readonly ok: true }) | Pick<RunsReply, 'rows'> | Omit<FailureReply, 'extID'>;

/**
 * Creates a handler of the commands `GetBackupRun`, `ValidateBackupRun` and `GetBackupRuns` (also `GetBackupsList`). A reply holds at
 * most 64 MiB of JSON; what is larger is `UNSUPPORTED`.
 *
 * @param inspector - stays the caller's, who closes it.
 * @throws TypeError for options of a wrong type.
 */
export function createCommandHandler(inspector: Inspector, options: CommandOptions = {}): CommandHandler {
  // Who writes JavaScript may have forgotten it.
  if (!isObject(inspector)) {
    throw new TypeError(
      `Cannot create a command handler: expected an inspector of createInspector(), found ${describe(inspector)}`,
    );
  }
  const { timeBudgetMs } = checked(handlerSchema, options, 'create a command handler');
  const relay = createRelay();
  const lists = createSemaphore(LISTS_AT_ONCE);
  return async (message, session, messageOptions = {}) => {
    const { signal } = checked(messageSchema, messageOptions, 'handle a message');
    const role = keyOf(session, 'role');
    const extID = keyOf(message, 'extID');
    // What is no number of JSON would come back as null.
    const envelope = typeof extID === 'string' || isFiniteNumber(extID) ? { extID } : {};
    if (typeof role !== 'string' || !ROLES.includes(role)) {
      return { ...envelope, ...failure(accessDenied(ROLES)) };
    }
    try {
      return { ...envelope, ...(await carryOut(message, inspector, { signal, timeBudgetMs, relay, lists })) };
    } catch (thrown) {
      if (thrown instanceof Refusal) return { ...envelope, ...failure(thrown.error) };
      throw thrown;
    }
  };
}

const handlerSchema = exactly({ timeBudgetMs: v.optional(budget) });
const messageSchema = exactly({ signal: v.optional(abortSignal) });

/** Lists under way at once: each holds all of its rows. */
const LISTS_AT_ONCE = 4;

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isFiniteNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

/** Rejects with a `Refusal` when the command cannot be carried out. */
async function carryOut(message: unknown, inspector: Inspector, limits: CommandLimits): Promise<Body> {
  const command = keyOf(message, 'command');
  const data = keyOf(message, 'data');
  const { signal, timeBudgetMs } = limits;
  switch (command) {
    case 'GetBackupRun':
      return runReply(await inspector.getBackupRun(runRequest(data), { signal, timeBudgetMs }), {});
    case 'ValidateBackupRun':
      return runReply(await inspector.validateBackupRun(runRequest(data), { signal, timeBudgetMs }), {
        ok: true,
      });
    case 'GetBackupRuns':
    case 'GetBackupsList':
      return listRows(inspector, data, limits);
    default:
      return failure(
        unknownCommand(
          COMMANDS,
          isObject(message) ? describe(command) : `a message that is ${describe(message)}`,
        ),
      );
  }
}

/** What an object of any origin has under a key; nothing when it cannot be read. */
function keyOf(value: unknown, key: string): unknown {
  try {
    return isObject(value) ? Reflect.get(value, key) : undefined;
  } catch {
    // A getter or a proxy threw: there is nothing that could be meant.
    return undefined;
  }
}

/** The data of a command about one run, which have no key but `run_id`; throws a `Refusal` for all else. */
function runRequest(data: unknown): BackupRunRequest {
  const unknown = unknownKey(data, ['run_id']);
  if (unknown === null) return { run_id: readRunId(data) };
  const hint = suggestion(unknown, ['run_id']);
  throw new Refusal(invalidData(`data: expected no key but run_id, found ${quote(unknown)}${hint}`));
}

async function runReply<Extra extends object>(
  answer: Answer | Validation,
  extra: Extra,
): Promise<(BackupRun & Extra) | Omit<FailureReply, 'extID'>> {
  if (!answer.ok) return failure(answer.error);
  if (await isLargerThan(answer.run, MOST_REPLY_BYTES)) {
    return failure(
      unsupported('room in a reply', 'call the library for a run with manifests as large as these'),
    );
  }
  return { ...answer.run, ...extra };
}
