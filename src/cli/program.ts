/** Dispatches what was typed to the subcommand that is meant. Never touches the process. */

import { printable } from '../quote.ts';
import { parseArguments, type Arguments } from './args/arguments.ts';
import { exitCode, USAGE_EXIT_CODE, type RunOutcomes } from './output/exit-code.ts';
import { COMPLETE, type Subcommand } from './args/options.ts';
import type { CliContext } from './context.ts';
import { UsageError } from './args/usage-error.ts';
import { complain } from './output/complain.ts';

type Run = (args: Arguments, context: CliContext) => Promise<RunOutcomes>;

/** Loaded when they are meant: who asks for the version does not wait for more. */
const RUN: Readonly<Record<Subcommand, () => Promise<Run>>> = {
  show: async () => (await import('./commands/show.ts')).showCommand,
  list: async () => (await import('./commands/list.ts')).listCommand,
  verify: async () => (await import('./commands/verify.ts')).verifyCommand,
  completion: async () => (await import('./commands/completion.ts')).completionCommand,
};

/** Of what nobody foresaw: whatever there was to inspect, it was not. */
export const FAULT_EXIT_CODE = 4;

/** Runs the program, and resolves to its exit code; never rejects. */
export async function runProgram(context: CliContext): Promise<number> {
  try {
    return exitCode(await dispatch(context));
  } catch (reason) {
    const isUsage = reason instanceof UsageError;
    await complain(context, isUsage ? reason.message : `Cannot go on: ${faultText(reason)}`);
    return isUsage ? USAGE_EXIT_CODE : FAULT_EXIT_CODE;
  }
}

function faultText(reason: unknown): string {
  return printable(reason instanceof Error ? reason.message : String(reason));
}

const NO_OUTCOMES: RunOutcomes = new Set();

async function dispatch(context: CliContext): Promise<RunOutcomes> {
  const [first, ...rest] = context.args;
  if (first === COMPLETE) {
    const { completeCommand } = await import('./commands/complete.ts');
    return completeCommand(rest, context);
  }
  const args = parseArguments(context.args);
  const { subcommand, texts } = args;
  if (texts.has('help')) {
    const { helpOf, helpOfProgram } = await import('./args/help.ts');
    await context.out.print(subcommand === null ? helpOfProgram() : helpOf(subcommand));
    return NO_OUTCOMES;
  }
  if (texts.has('version')) {
    await context.out.print(`${context.version}\n`);
    return NO_OUTCOMES;
  }
  if (subcommand === null) throw new UsageError('Nothing to do: expected a subcommand; --help tells them');
  const run = await RUN[subcommand]();
  return run(args, context);
}
