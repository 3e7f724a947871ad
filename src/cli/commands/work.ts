/** What a subcommand shares with the others: it speaks to a person or to a program, and counts what came of every run. */

import { quote } from '../../quote.ts';
import type { BackupRunError } from '../../index.ts';
import type { Arguments } from '../args/arguments.ts';
import type { Outcome } from '../output/exit-code.ts';
import { paintColours, paintPlain } from '../output/paint.ts';
import type { CliContext } from '../context.ts';
import { UsageError } from '../args/usage-error.ts';
import type { View } from '../output/view.ts';

/** How answers are told. */
export type Form = 'text' | 'json' | 'ndjson';

/** What came of all runs; empty where there was nothing to inspect. */
export type Outcomes = ReadonlySet<Outcome>;

export function formOf({ texts }: Arguments): Form {
  if (texts.has('json') && texts.has('ndjson'))
    throw new UsageError('Cannot use --json and --ndjson together');
  if (texts.has('ndjson')) return 'ndjson';
  return texts.has('json') ? 'json' : 'text';
}

/** How to show things on standard output. */
export function viewOf({ texts }: Arguments, { out, hasColours, now }: CliContext): View {
  return {
    columns: out.columns(),
    paint: hasColours && !texts.has('no-color') ? paintColours : paintPlain,
    isUtc: texts.has('utc'),
    now: now(),
  };
}

/** Says what is wrong, in a line of its own on standard error. */
export function complain({ err }: Pick<CliContext, 'err'>, sentence: string): Promise<void> {
  return err.say(`backup-run: ${sentence}\n`);
}

/** Says why there is no run, and where it was looked for when that cannot be read. */
export function complainOf(
  context: Pick<CliContext, 'err'>,
  error: BackupRunError,
  root: string,
): Promise<void> {
  const where = error.code === 'IO_ERROR' ? ` (root ${quote(root)})` : '';
  return complain(context, error.message + where);
}

/** Why work may be told to stop: by one of these signals, or because nobody reads what is written. */
export type Stop = 'SIGINT' | 'SIGTERM' | 'SIGPIPE';

/**
 * Says that work ended early. What was asked for wrongly is the caller's to tell, and what nobody foresaw too: both are thrown
 * on.
 */
export async function complainOfStop(reason: unknown, context: CliContext): Promise<Outcome> {
  if (!context.signal.aborted) throw reason;
  if (wasInterrupted(context)) await complain(context, 'Interrupted');
  return 'not inspected';
}

/** Refuses words where none are meant. */
export function refuseWords({ subcommand, words }: Arguments): void {
  const [word] = words;
  if (word !== undefined)
    throw new UsageError(`Cannot ${subcommand}: expected no further word, found ${quote(word)}`);
}

/** Whether somebody asked to stop, who may be told what came of the work until then. */
export function wasInterrupted({ signal }: Pick<CliContext, 'signal'>): boolean {
  return signal.aborted && signal.reason !== ('SIGPIPE' satisfies Stop);
}
