/** `backup-run verify`: whether runs can be restored from, a line each as soon as it is done. */

import type { BackupRunError, InspectionOptions, Validation } from '../../index.ts';
import { hasFilter, runFilterOf } from '../args/filter.ts';
import type { Arguments } from '../args/arguments.ts';
import { UsageError } from '../args/usage-error.ts';
import type { CliContext } from '../context.ts';
import { complainOf } from '../output/complain.ts';
import { outcomesOfValidation, type RunOutcome, type RunOutcomes } from '../output/exit-code.ts';
import { formOf } from '../output/form.ts';
import { createProgressDisplay } from '../output/progress.ts';
import { complainOfStop } from './interruption.ts';
import { inspectionOptionsOf, inspectorOptionsOf, rootOf, withInspector } from './library.ts';
import {
  FINISHED,
  listedRuns,
  namedRun,
  newestFinished,
  resolveRun,
  type MeantRun,
  type RunLookup,
} from './resolve-run.ts';
import { faultOfEmptyRoot } from './root.ts';
import { runIds } from './run-ids.ts';
import { createValidationWriter, type ValidationWriter } from './validation-writer.ts';

/** Verifies runs. */
export async function verifyCommand(args: Arguments, context: CliContext): Promise<RunOutcomes> {
  const form = formOf(args);
  const selection = selectionOf(args);
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
    try {
      await VERIFY[selection]({ inspector, args, context, call, writer, display, outcomes, onFault });
    } catch (reason) {
      await display.end();
      outcomes.add(await complainOfStop(reason, context));
    } finally {
      await display.end();
      await writer.end();
    }
    return outcomes;
  });
}

/** Which runs are meant. */
type Selection = 'words' | 'all' | 'latest' | 'latest-restorable';

function selectionOf(args: Arguments): Selection {
  const { words, texts } = args;
  const meant: Selection[] = [
    ...(words.length > 0 ? ['words' as const] : []),
    ...(['all', 'latest', 'latest-restorable'] as const).filter((name) => texts.has(name)),
  ];
  const [selection] = meant;
  if (selection === undefined || meant.length > 1) {
    const found = selection === undefined ? 'none of them' : 'more than one of them';
    throw new UsageError(
      `Cannot verify: expected run ids, --all, --latest or --latest-restorable, found ${found}`,
    );
  }
  if (selection !== 'all' && hasFilter(args)) {
    throw new UsageError('Cannot verify: filters such as --status and --limit go with --all');
  }
  // One that is wrong is refused before anything is done.
  runFilterOf(args);
  return selection;
}

interface VerifyJob extends RunLookup {
  readonly args: Arguments;
  readonly context: CliContext;
  readonly call: InspectionOptions;
  readonly writer: ValidationWriter;
  readonly display: ReturnType<typeof createProgressDisplay>;
  /** What came of the runs until now. */
  readonly outcomes: Set<RunOutcome>;
}

const VERIFY: Readonly<Record<Selection, (job: VerifyJob) => Promise<void>>> = {
  words: verifyWords,
  all: verifyAll,
  latest: verifyLatest,
  'latest-restorable': verifyUntilRestorable,
};

async function verifyWords(job: VerifyJob): Promise<void> {
  const { args, context, writer } = job;
  // How many stand on standard input is not known before its end.
  const total = args.words.includes('-') ? null : args.words.length;
  writer.expect(total);
  // One that is ambiguous is refused before anything is printed.
  const meant = new Map<string, MeantRun>();
  for (const word of args.words) if (word !== '-') meant.set(word, await resolveRun(word, job));
  let index = 0;
  for await (const word of runIds(args.words, context)) {
    index += 1;
    await verifyOne(meant.get(word) ?? namedRun(word), index, total, job);
  }
  if (index === 0) throw new UsageError('Cannot verify: expected run ids on standard input, found none');
}

async function verifyAll(job: VerifyJob): Promise<void> {
  const { args, writer } = job;
  const runs: MeantRun[] = [];
  for await (const run of listedRuns(runFilterOf(args), job)) runs.push(run);
  writer.expect(runs.length);
  if (runs.length === 0) await complainOfNone(job);
  writer.expectRemovals();
  for (const [index, run] of runs.entries()) await verifyOne(run, index + 1, runs.length, job);
}

async function verifyLatest(job: VerifyJob): Promise<void> {
  const run = await newestFinished(job);
  job.writer.expect(run === null ? 0 : 1);
  if (run === null) await complainOfNone(job);
  else await verifyOne(run, 1, 1, job);
}

async function verifyUntilRestorable(job: VerifyJob): Promise<void> {
  const { outcomes, writer } = job;
  let index = 0;
  for await (const run of listedRuns(FINISHED, job)) {
    index += 1;
    const validation = await verifyOne(run, index, null, job);
    if (!validation.ok) continue;
    await writer.found(validation.run);
    // Whatever stands above it, it can be restored from.
    outcomes.clear();
    return;
  }
  if (index === 0) await complainOfNone(job);
  else await writer.complain(`There is no restorable run in ${rootOf(job.args, job.context)}`);
  outcomes.delete('not found');
  outcomes.add('damaged');
}

/** Complains that there is nothing to verify, unless that has been complained of. */
async function complainOfNone({ args, context, writer, outcomes }: VerifyJob): Promise<void> {
  if (outcomes.size > 0) return;
  const root = rootOf(args, context);
  const fault = await faultOfEmptyRoot(root, context);
  outcomes.add(fault === null ? 'not found' : 'not inspected');
  const such = hasFilter(args) ? 'no such' : 'no';
  await writer.complain(fault ?? `There is ${such} backup run in ${root}`);
}

async function verifyOne(
  run: MeantRun,
  index: number,
  total: number | null,
  job: VerifyJob,
): Promise<Validation> {
  const { inspector, context, call, writer, display, outcomes } = job;
  const { signal, clock } = context;
  // No run is begun once the program is to end.
  signal.throwIfAborted();
  const onProgress = display.onProgress(total === 1 ? null : { index, total });
  const before = clock();
  const validation: Validation =
    run.refusal === null
      ? await inspector.validateBackupRun({ run_id: run.id }, { ...call, signal, onProgress })
      : { ok: false, error: run.refusal };
  const isRemoved = await writer.add(run, validation, (clock() - before) / 1_000);
  for (const outcome of isRemoved ? [] : outcomesOfValidation(validation)) outcomes.add(outcome);
  return validation;
}
