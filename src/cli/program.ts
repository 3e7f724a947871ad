/** What was typed comes in, the subcommand that is meant does its work, what came of it goes out. */

import { printable } from '../quote.ts';
import { parseArguments, type Arguments } from './arguments.ts';
import { exitCode, USAGE } from './exit-code.ts';
import { COMPLETE, type Subcommand } from './options.ts';
import type { Surroundings } from './surroundings.ts';
import { UsageError } from './usage-error.ts';
import { complain, type Result } from './work.ts';

/** How the program ends. */
export interface End {
  readonly code: number;
  /** Something may still be held by storage that hangs, and would keep the process. */
  readonly mayBeHeld: boolean;
}

type Run = (args: Arguments, surroundings: Surroundings) => Promise<Result>;

/** Loaded when they are meant: who asks for the version does not wait for more. */
const RUN: Readonly<Record<Subcommand, () => Promise<Run>>> = {
  show: async () => (await import('./show.ts')).show,
  list: async () => (await import('./list.ts')).list,
  verify: async () => (await import('./verify.ts')).verify,
  completion: async () => (await import('./completion.ts')).completion,
};

/** Of what nobody foresaw: whatever there was to inspect, it was not. */
export const FAULT = 4;

/** Runs the program; never rejects. */
export async function runProgram(surroundings: Surroundings): Promise<End> {
  try {
    const { outcomes, mayBeHeld } = await dispatch(surroundings);
    return { code: exitCode(outcomes), mayBeHeld };
  } catch (reason) {
    const isUsage = reason instanceof UsageError;
    await complain(surroundings, isUsage ? reason.message : `Cannot go on: ${textOf(reason)}`);
    return { code: isUsage ? USAGE : FAULT, mayBeHeld: false };
  }
}

function textOf(reason: unknown): string {
  return printable(reason instanceof Error ? reason.message : String(reason));
}

const NOTHING: Result = { outcomes: new Set(), mayBeHeld: false };

async function dispatch(surroundings: Surroundings): Promise<Result> {
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
