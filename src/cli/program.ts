/** Dispatches what was typed to the subcommand that is meant. Never touches the process. */

import { isNativeError } from 'node:util/types';
import { printable } from '../model/printable.ts';
import { parseArguments, type Arguments } from './args/arguments.ts';
import { COMPLETE, type Subcommand } from './args/options.ts';
import { UsageError } from './args/usage-error.ts';
import type { CliContext } from './context.ts';
import { complain } from './output/complain.ts';
import { exitCode, USAGE_EXIT_CODE, type RunOutcomes } from './output/exit-code.ts';

type Command = (args: Arguments, context: CliContext) => Promise<RunOutcomes>;

/** Loaded when they are meant: whoever asks for the version does not wait for more. */
const SUBCOMMAND_LOADERS: Readonly<Record<Subcommand, () => Promise<Command>>> = {
  show: async () => (await import('./commands/show.ts')).showCommand,
  list: async () => (await import('./commands/list.ts')).listCommand,
  verify: async () => (await import('./commands/verify.ts')).verifyCommand,
  completion: async () => (await import('./commands/completion.ts')).completionCommand,
  help: async () => (await import('./commands/help.ts')).helpCommand,
};

/** Of what nobody foresaw: whatever there was to inspect, it was not. */
export const FAULT_EXIT_CODE = 4;

/** Runs the program, and resolves to its exit code; never rejects. */
export async function runProgram(context: CliContext): Promise<number> {
  try {
    return await dispatch(context);
  } catch (reason) {
    const isUsage = reason instanceof UsageError;
    await complain(context, isUsage ? reason.message : `Cannot go on: ${faultText(reason)}`);
    return isUsage ? USAGE_EXIT_CODE : FAULT_EXIT_CODE;
  }
}

function faultText(reason: unknown): string {
  return printable(isNativeError(reason) ? reason.message : String(reason));
}

async function dispatch(context: CliContext): Promise<number> {
  const [first, ...rest] = context.args;
  if (first === COMPLETE) {
    const { completeCommand } = await import('./commands/complete.ts');
    return exitCode(await completeCommand(rest, context));
  }
  const args = parseArguments(context.args);
  const { subcommand, texts } = args;
  if (texts.has('help')) {
    const { printHelp } = await import('./commands/help.ts');
    await printHelp(subcommand, context);
    return 0;
  }
  if (texts.has('version')) {
    await context.out.print(`${context.version}\n`);
    return 0;
  }
  if (subcommand === null) {
    const { refuseNothing } = await import('./commands/help.ts');
    return refuseNothing(context);
  }
  const command = await SUBCOMMAND_LOADERS[subcommand]();
  return exitCode(await command(args, context));
}
