/** Calls a validator: whatever it does, it ends in one of three outcomes, and in bounded time. */

import { createCanceller, type Cancellation, type Canceller } from '../concurrency/abort.ts';
import { waitForGrace } from '../concurrency/grace.ts';
import { cut, describe, printable, quote } from '../model/printable.ts';
import type { ArtifactFile, Validator } from './validator.ts';
import { clearTimeout, now, setImmediate, setTimeout } from '../concurrency/clock.ts';

/** What came of one validator and one artifact. */
export type Outcome =
  | { readonly type: 'agreed' }
  | { readonly type: 'rejected'; readonly reason: string }
  | { readonly type: 'skipped'; readonly why: string };

/** Follows whether a validator still does something. */
export interface Watch {
  /** Says that it does. */
  readonly alive: () => void;
  /** The storage is at work: this is not the validator's time. */
  readonly begin: () => void;
  readonly end: () => void;
  readonly stop: () => void;
}

/** Milliseconds between the end of a silence and the verdict. */
const SECOND_LOOK = 20;

/** Milliseconds that a look may be late, behind which this program itself was stopped, or too busy to look. */
const LATE_LOOK = 200;

/** Gives up, once, after a number of milliseconds in which nothing was done. */
export function createWatch(milliseconds: number, giveUp: () => void): Watch {
  let at = now();
  let working = 0;
  let isStopped = false;
  let dueAt = 0;
  let timer = lookIn(milliseconds, look);

  function lookIn(wait: number, next: () => void): NodeJS.Timeout {
    dueAt = now() + wait;
    return setTimeout(next, wait);
  }

  function left(): number {
    return working > 0 ? milliseconds : milliseconds - (now() - at);
  }

  function look(): void {
    // A validator saw none of the time in which the program was stopped (SIGSTOP, a snapshot of its machine).
    if (now() - dueAt > LATE_LOOK) alive();
    if (left() > 0) timer = lookIn(Math.ceil(left()), look);
    // A program that was busy for so long sees its timers before the messages that came meanwhile.
    else
      setImmediate(() => {
        if (!isStopped) timer = lookIn(SECOND_LOOK, lookAgain);
      });
  }

  function lookAgain(): void {
    if (left() > 0 || now() - dueAt > LATE_LOOK) look();
    else giveUp();
  }

  function alive(): void {
    at = now();
  }

  return {
    alive,
    begin() {
      working += 1;
    },
    end() {
      working -= 1;
      alive();
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/** The reason of a cancellation: the validator did nothing for too long. */
export class GivenUp extends Error {}

/** One validation. */
export interface ValidatorCall {
  readonly validator: Validator;
  readonly file: ArtifactFile;
  /** Ends it: with `GivenUp`, or because nobody waits any more. */
  readonly cancellation: Cancellation;
  readonly watch: Watch;
  /** Absolute path of the backups directory. */
  readonly root: string;
}

/** Rejects only for the cancellation, with its reason, when the validator had some time to clear up. */
export async function callValidator(call: ValidatorCall): Promise<Outcome> {
  const { validator, file, cancellation, watch, root } = call;
  const controller = new AbortController();
  const canceller: Canceller = createCanceller();
  const unlisten = cancellation.onCancel((reason) => {
    canceller.cancel(reason);
    controller.abort(reason);
  });
  const context = { signal: controller.signal, alive: watch.alive, root };
  const answer = new Promise<unknown>((resolve) => resolve(validator.validate(file, context)));
  const outcome = answer.then(
    (verdict) => outcomeOf(validator, verdict),
    (fault: unknown) => failed(validator, fault),
  );
  const cancelled = new Promise<never>((_, reject) => void canceller.onCancel(reject));
  try {
    return await Promise.race([cancelled, outcome]);
  } catch (reason) {
    await waitForGrace(outcome);
    throw reason;
  } finally {
    unlisten();
  }
}

/** Characters that are kept of a text that a validator gives. */
const LONGEST_REASON = 1_000;

function outcomeOf(validator: Validator, verdict: unknown): Outcome {
  try {
    return readVerdict(validator, verdict) ?? leftOut(validator, 'gave no verdict');
  } catch (fault) {
    return failed(validator, fault);
  }
}

function readVerdict(validator: Validator, verdict: unknown): Outcome | null {
  if (typeof verdict !== 'object' || verdict === null) return null;
  const { ok, reason, skipped, why }: Record<string, unknown> = { ...verdict };
  if (ok === true && skipped === undefined && reason === undefined && why === undefined)
    return { type: 'agreed' };
  if (ok === false && skipped === undefined && isSentence(reason))
    return { type: 'rejected', reason: cut(reason, LONGEST_REASON) };
  if (skipped === true && ok === undefined && isSentence(why))
    return leftOut(validator, `says: ${cut(why, LONGEST_REASON)}`);
  return null;
}

function isSentence(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

/** What a validator throws proves nothing about the file. */
export function failed(validator: Validator, fault: unknown): Outcome {
  return leftOut(validator, `failed: ${messageOf(fault)}`);
}

/** What a validator of the caller's failed with; paths of the host, modules and stacks are nobody else's business. */
function messageOf(fault: unknown): string {
  try {
    const isObject = typeof fault === 'object' && fault !== null;
    // Faults of the system and of Node name paths and modules.
    if (isObject && 'code' in fault && typeof fault.code === 'string') return printable(fault.code);
    const said = isObject && 'message' in fault ? fault.message : fault;
    const message = typeof said === 'string' ? said : describe(said);
    return printable((message.split('\n')[0] ?? '').replace(HOST_PATH, '$1…'));
  } catch {
    return 'a value that cannot be read';
  }
}

/** An absolute path, or the URL of a file. */
const HOST_PATH = /(^|[\s'"`(=:])(?:file:\/\/)?(?:[A-Za-z]:)?[\\/][^\s'"`),;]+/g;

export function leftOut({ name }: Validator, what: string): Outcome {
  return { type: 'skipped', why: `validator ${quote(name)} ${what}` };
}
