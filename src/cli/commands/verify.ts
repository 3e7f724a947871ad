/** `backup-run verify`: whether runs can be restored from, a line each as soon as it is done. */

import type { BackupRunError, InspectionOptions, Validation } from '../../index.ts';
import type { Arguments } from '../args/arguments.ts';
import { outcomesOfValidation, type RunOutcome, type RunOutcomes } from '../output/exit-code.ts';
import { inspectionOptionsOf, inspectorOptionsOf, rootOf, withInspector } from './library.ts';
import { createProgressDisplay } from '../output/progress.ts';
import { resolveRunId, type RunLookup } from './resolve-run.ts';
import { runIds } from './run-ids.ts';
import { LOOK_UP_ORDER } from '../../store/layout.ts';
import type { CliContext } from '../context.ts';
import { UsageError } from '../args/usage-error.ts';
import { createValidationWriter, type ValidationWriter } from './validation-writer.ts';
import { complainOf } from '../output/complain.ts';
import { complainOfStop } from './interruption.ts';
import { formOf } from '../output/form.ts';

/** Verifies runs. */
export async function verifyCommand(args: Arguments, context: CliContext): Promise<RunOutcomes> {
  const form = formOf(args);
  const which = whichOf(args);
  const call = inspectionOptionsOf(args);
  const options = await inspectorOptionsOf(args, context);
  const display = createProgressDisplay(context, args.texts.has('quiet'));
  const writer = createValidationWriter(form, args, context, display);
  return withInspector(options, context, async (inspector) => {
    const outcomes = new Set<RunOutcome>();
    const onFault = async (error: BackupRunError): Promise<void> => {
      outcomes.add('not inspected');
      await complainOf(context, error, rootOf(args, context));
    };
    const work = { inspector, args, context, call, writer, display, outcomes, onFault };
    try {
      if (which === 'words') await verifyWords(work);
      else await verifyListed(which, work);
    } catch (reason) {
      await display.end();
      work.outcomes.add(await complainOfStop(reason, context));
    } finally {
      await display.end();
      await writer.end();
    }
    return work.outcomes;
  });
}

/** Which runs are meant. */
type Which = 'words' | 'all' | 'latest';

function whichOf({ words, texts }: Arguments): Which {
  const meant: Which[] = [
    ...(words.length > 0 ? ['words' as const] : []),
    ...(['all', 'latest'] as const).filter((name) => texts.has(name)),
  ];
  const [which] = meant;
  if (which !== undefined && meant.length === 1) return which;
  const found = which === undefined ? 'none of them' : 'more than one of them';
  throw new UsageError(`Cannot verify: expected run ids, --all or --latest, found ${found}`);
}

interface Work extends RunLookup {
  readonly args: Arguments;
  readonly context: CliContext;
  readonly call: InspectionOptions;
  readonly writer: ValidationWriter;
  readonly display: ReturnType<typeof createProgressDisplay>;
  readonly outcomes: Set<RunOutcome>;
}

async function verifyWords(work: Work): Promise<void> {
  const { args, context, writer } = work;
  // How many stand on standard input is not known before its end.
  const total = args.words.includes('-') ? null : args.words.length;
  writer.expect(total);
  // One that is ambiguous is refused before anything is printed.
  const words: string[] = [];
  for (const word of args.words) words.push(word === '-' ? word : await resolveRunId(word, work));
  let index = 0;
  for await (const id of runIds(words, context)) {
    index += 1;
    await verifyOne(id, index, total, work);
  }
  if (index === 0) throw new UsageError('Cannot verify: expected run ids on standard input, found none');
}

async function verifyListed(which: 'all' | 'latest', work: Work): Promise<void> {
  const { args, context, writer, outcomes, inspector } = work;
  const ids: string[] = [];
  const { signal } = context;
  // Every status directory that cannot be listed has a row before the first run.
  const limit = which === 'latest' ? { limit: LOOK_UP_ORDER.length + 1 } : {};
  for await (const row of inspector.listBackupRuns({ signal, ...limit })) {
    // What could not be listed at all has no id. Why a run could not be read is printed when it is verified.
    if (row.ok || row.run_id !== '') {
      ids.push(row.ok ? row.run.run_id : row.run_id);
      if (which === 'latest') break;
      continue;
    }
    outcomes.add('not inspected');
    await complainOf(context, row.error, rootOf(args, context));
  }
  writer.expect(ids.length);
  if (ids.length === 0 && outcomes.size === 0) {
    outcomes.add('not found');
    await writer.complain(`There is no backup run in ${rootOf(args, context)}`);
  }
  for (const [index, id] of ids.entries()) await verifyOne(id, index + 1, ids.length, work);
}

async function verifyOne(id: string, index: number, total: number | null, work: Work): Promise<void> {
  const { inspector, context, call, writer, display, outcomes } = work;
  const { signal, clock } = context;
  // No run is begun once the program is to end.
  signal.throwIfAborted();
  const onProgress = display.onProgress(total === 1 ? null : { index, total });
  const before = clock();
  const validation: Validation = await inspector.validateBackupRun(
    { run_id: id },
    { ...call, signal, onProgress },
  );
  for (const outcome of outcomesOfValidation(validation)) outcomes.add(outcome);
  await writer.add(id, validation, (clock() - before) / 1_000);
}
