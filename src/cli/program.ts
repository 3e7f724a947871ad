/** What was typed comes in, the subcommand that is meant does its work, what came of it goes out. */

import { printable } from '../quote.ts';
import { parseArguments, type Arguments } from './arguments.ts';
import { exitCode, USAGE } from './exit-code.ts';
import { COMPLETE, type Subcommand } from './options.ts';
import type { Surroundings } from './surroundings.ts';
import { UsageError } from './usage-error.ts';
import { complain, type Outcomes } from './work.ts';

type Run = (args: Arguments, surroundings: Surroundings) => Promise<Outcomes>;

/** Loaded when they are meant: who asks for the version does not wait for more. */
const RUN: Readonly<Record<Subcommand, () => Promise<Run>>> = {
  show: async () => (await import('./show.ts')).show,
  list: async () => (await import('./list.ts')).list,
  verify: async () => (await import('./verify.ts')).verify,
  completion: async () => (await import('./completion.ts')).completion,
};

/** Of what nobody foresaw: whatever there was to inspect, it was not. */
export const FAULT = 4;

/** Runs the program, and resolves to its exit code; never rejects. */
export async function runProgram(surroundings: Surroundings): Promise<number> {
  try {
    return exitCode(await dispatch(surroundings));
  } catch (reason) {
    const isUsage = reason instanceof UsageError;
    await complain(surroundings, isUsage ? reason.message : `Cannot go on: ${textOf(reason)}`);
    return isUsage ? USAGE : FAULT;
  }
}

function textOf(reason: unknown): string {
  return printable(reason instanceof Error ? reason.message : String(reason));
}

const NOTHING: Outcomes = new Set();

async function dispatch(surroundings: Surroundings): Promise<Outcomes> {
  const [first, ...rest] = surroundings.args;
  if (first === COMPLETE) {
    const { complete } = await import('./complete.ts');
    return complete(rest, surroundings);
  }
  const args = parseArguments(surroundings.args);
  const { subcommand, texts } = args;
  if (texts.has('help')) {
    const { helpOf, helpOfProgram } = await import('./help.ts');
    await surroundings.out.say(subcommand === null ? helpOfProgram() : helpOf(subcommand));
    return NOTHING;
  }
  if (texts.has('version')) {
    await surroundings.out.say(`${surroundings.version}\n`);
    return NOTHING;
  }
  if (subcommand === null) throw new UsageError('Nothing to do: expected a subcommand; --help tells them');
  const run = await RUN[subcommand]();
  return run(args, surroundings);
}
