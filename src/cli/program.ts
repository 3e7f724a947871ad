/** What was typed comes in, the subcommand that is meant does its work, what came of it goes out. */

import { printable } from '../quote.ts';
import { parseArguments, type Arguments } from './args/arguments.ts';
import { exitCode, USAGE } from './output/exit-code.ts';
import { COMPLETE, type Subcommand } from './args/options.ts';
import type { CliContext } from './context.ts';
import { UsageError } from './args/usage-error.ts';
import { complain, type Outcomes } from './commands/work.ts';

type Run = (args: Arguments, context: CliContext) => Promise<Outcomes>;

/** Loaded when they are meant: who asks for the version does not wait for more. */
const RUN: Readonly<Record<Subcommand, () => Promise<Run>>> = {
  show: async () => (await import('./commands/show.ts')).show,
  list: async () => (await import('./commands/list.ts')).list,
  verify: async () => (await import('./commands/verify.ts')).verify,
  completion: async () => (await import('./commands/completion.ts')).completion,
};

/** Of what nobody foresaw: whatever there was to inspect, it was not. */
export const FAULT = 4;

/** Runs the program, and resolves to its exit code; never rejects. */
export async function runProgram(context: CliContext): Promise<number> {
  try {
    return exitCode(await dispatch(context));
  } catch (reason) {
    const isUsage = reason instanceof UsageError;
    await complain(context, isUsage ? reason.message : `Cannot go on: ${textOf(reason)}`);
    return isUsage ? USAGE : FAULT;
  }
}

function textOf(reason: unknown): string {
  return printable(reason instanceof Error ? reason.message : String(reason));
}

const NOTHING: Outcomes = new Set();

async function dispatch(context: CliContext): Promise<Outcomes> {
  const [first, ...rest] = context.args;
  if (first === COMPLETE) {
    const { complete } = await import('./commands/complete.ts');
    return complete(rest, context);
  }
  const args = parseArguments(context.args);
  const { subcommand, texts } = args;
  if (texts.has('help')) {
    const { helpOf, helpOfProgram } = await import('./args/help.ts');
    await context.out.say(subcommand === null ? helpOfProgram() : helpOf(subcommand));
    return NOTHING;
  }
  if (texts.has('version')) {
    await context.out.say(`${context.version}\n`);
    return NOTHING;
  }
  if (subcommand === null) throw new UsageError('Nothing to do: expected a subcommand; --help tells them');
  const run = await RUN[subcommand]();
  return run(args, context);
}
