/** `backup-run help`: the help of the program, or that of a subcommand. */

import { subcommandOf, type Arguments } from '../args/arguments.ts';
import { helpOf, helpOfProgram } from '../args/help.ts';
import type { Subcommand } from '../args/options.ts';
import { UsageError } from '../args/usage-error.ts';
import type { CliContext } from '../context.ts';
import { complain } from '../output/complain.ts';
import { USAGE_EXIT_CODE, type RunOutcomes } from '../output/exit-code.ts';

/** Prints the help of the subcommand that is named. */
export async function helpCommand({ words }: Arguments, context: CliContext): Promise<RunOutcomes> {
  const [word, ...more] = words;
  if (more.length > 0) throw new UsageError('Cannot help: expected one subcommand, found more');
  await printHelp(word === undefined ? null : subcommandOf(word), context);
  return new Set();
}

/** Prints help as data; null is for the program. */
export async function printHelp(subcommand: Subcommand | null, { out }: CliContext): Promise<void> {
  const columns = out.columns();
  await out.print(subcommand === null ? helpOfProgram(columns) : helpOf(subcommand, columns));
}

/** Complains that nothing was asked for, and shows what could be. Gives the exit code. */
export async function refuseNothing(context: CliContext): Promise<number> {
  await complain(context, 'Nothing to do: expected a subcommand');
  await context.err.print(`\n${helpOfProgram(context.err.columns())}`);
  return USAGE_EXIT_CODE;
}
