/** Loads the library when a command first needs it, and makes its options from those of the command line. */

import type { InspectionOptions, Inspector, InspectorOptions, Validator } from '../../index.ts';
import { LEVELS } from '../../model/run.ts';
import { waitForGrace } from '../../concurrency/grace.ts';
import { resolvePath } from '../../fs/resolve-path.ts';
import { quote } from '../../model/printable.ts';
import { VALIDATOR_KINDS } from '../args/options.ts';
import { optionText, type Arguments } from '../args/arguments.ts';
import type { CliContext } from '../context.ts';
import { parseDuration, parseRate, parseThreads, parseWord, parseWords } from '../args/values.ts';

/** Findings that are kept: as many as an exit code needs that no finding of severity error is left out of. */
const MOST_FINDINGS = 200_000;

/** Where the runs are. */
export function rootOf(args: Arguments, { environment }: Pick<CliContext, 'environment'>): string {
  const { BACKUP_ROOT } = environment;
  return (
    optionText(args, 'root') ?? (BACKUP_ROOT === undefined || BACKUP_ROOT === '' ? './backups' : BACKUP_ROOT)
  );
}

/**
 * What an inspector is made with; the validators are loaded when they are wanted.
 *
 * @throws Error for a relative root where the working directory was deleted: that is no run's fault, and nothing that was typed.
 */
export async function inspectorOptionsOf(
  args: Arguments,
  context: Pick<CliContext, 'environment'>,
): Promise<InspectorOptions> {
  const root = rootOf(args, context);
  if (resolvePath(root) === null)
    throw new Error(`the root ${quote(root)} is relative, and the working directory is gone`);
  const threads = optionText(args, 'threads');
  const rate = optionText(args, 'max-rate');
  return {
    root,
    limits: { findings: MOST_FINDINGS },
    ...(threads !== undefined && { threads: parseThreads(threads, '--threads') }),
    ...(rate !== undefined && { maxBytesPerSecond: parseRate(rate, '--max-rate') }),
    ...(args.texts.has('validate') && { validators: await validatorsOf(args) }),
  };
}

/** Those of the kinds that were named, and all where none was; in one order, however they were named. */
async function validatorsOf({ texts }: Arguments): Promise<Validator[]> {
  const typed = texts.get('validate') ?? [];
  const kinds = typed.includes('') ? VALIDATOR_KINDS : parseWords(typed, '--validate', VALIDATOR_KINDS);
  const validators = await import('../../validators/index.ts');
  return VALIDATOR_KINDS.filter((kind) => kinds.includes(kind)).map((kind) => validators[kind]());
}

/** How a run is inspected. */
export function inspectionOptionsOf(args: Arguments): InspectionOptions {
  const level = optionText(args, 'level');
  const budget = optionText(args, 'time-budget');
  return {
    ...(level !== undefined && { level: parseWord(level, '--level', LEVELS) }),
    ...(budget !== undefined && { timeBudgetMs: parseDuration(budget, '--time-budget') }),
  };
}

/** Calls a function with an inspector, and closes it. */
export async function withInspector<Result>(
  options: InspectorOptions,
  context: Pick<CliContext, 'signal'>,
  use: (inspector: Inspector) => Promise<Result>,
): Promise<Result> {
  const { createInspector } = await import('../../index.ts');
  const inspector = createInspector(options);
  try {
    return await use(inspector);
  } finally {
    const closed = inspector.close();
    // An interrupted program waits until private copies are removed, but not for storage that hangs.
    await (context.signal.aborted ? waitForGrace(closed) : closed);
  }
}
