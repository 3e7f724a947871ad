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
import type { RunPosition } from '../output/progress-line.ts';
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
  withBytes,
} from './resolve-run.ts';
import { faultOfEmptyRoot, noRunSentence } from './root.ts';
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
  // One that is ambiguous is refused before anything is printed.
  const meant = new Map<string, MeantRun>();
  for (const word of args.words) if (word !== '-') meant.set(word, await resolveRun(word, job));
  // What stands on standard input is not known before its end.
  if (!args.words.includes('-')) {
    writer.expect(args.words.length);
    return verifyEach(await knownRuns(args, meant, job), job);
  }
  writer.expect(null);
  let index = 0;
  for await (const word of runIds(args.words, context)) {
    index += 1;
    await verifyOne(meant.get(word) ?? namedRun(word), { index, total: null, others: null }, job);
  }
  if (index === 0) throw new UsageError('Cannot verify: expected run ids on standard input, found none');
}

async function verifyAll(job: VerifyJob): Promise<void> {
  const { args, writer } = job;
  const runs: MeantRun[] = [];
  for await (const run of listedRuns({ ...runFilterOf(args), sizes: true }, job)) runs.push(run);
  writer.expect(runs.length);
  if (runs.length === 0) await complainOfNone(job);
  writer.expectRemovals();
  await verifyEach(runs, job);
}

/** Verifies runs one after the other, with one progress over all of them. */
async function verifyEach(runs: readonly MeantRun[], job: VerifyJob): Promise<void> {
  let before = 0;
  let behind = runs.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const [index, run] of runs.entries()) {
    behind -= run.bytes;
    await verifyOne(run, { index: index + 1, total: runs.length, others: { before, behind } }, job);
    before += run.bytes;
  }
}

/** The runs that were named; with their bytes where progress can tell of all of them. */
async function knownRuns(
  { words, texts }: Arguments,
  meant: ReadonlyMap<string, MeantRun>,
  job: VerifyJob,
): Promise<MeantRun[]> {
  const isWanted = words.length > 1 && !texts.has('quiet');
  const runs: MeantRun[] = [];
  for (const word of words) {
    const run = meant.get(word) ?? namedRun(word);
    runs.push(isWanted ? await withBytes(run, job) : run);
  }
  return runs;
}

async function verifyLatest(job: VerifyJob): Promise<void> {
  const run = await newestFinished(job);
  job.writer.expect(run === null ? 0 : 1);
  if (run === null) await complainOfNone(job);
  else await verifyOne(run, null, job);
}

async function verifyUntilRestorable(job: VerifyJob): Promise<void> {
  const { outcomes, writer } = job;
  let index = 0;
  for await (const run of listedRuns(FINISHED, job)) {
    index += 1;
    const validation = await verifyOne(run, { index, total: null, others: null }, job);
    if (!validation.ok) continue;
    await writer.found(validation.run);
    // Whatever stands above it, it can be restored from.
    outcomes.clear();
    return;
  }
  if (index === 0) await complainOfNone(job);
  else {
    const root = rootOf(job.args, job.context);
    await writer.complain(
      outcomes.has('not inspected')
        ? `No run in ${root} could be found restorable, and not all of them were verified`
        : `There is no restorable run in ${root}`,
    );
  }
  outcomes.delete('not found');
  outcomes.add('damaged');
}

/** Complains that there is nothing to verify, unless that has been complained of. */
async function complainOfNone({ args, context, writer, outcomes }: VerifyJob): Promise<void> {
  if (outcomes.size > 0) return;
  const root = rootOf(args, context);
  const fault = await faultOfEmptyRoot(root, context);
  outcomes.add(fault === null ? 'not found' : 'not inspected');
  await writer.complain(fault ?? noRunSentence(args, root));
}

async function verifyOne(run: MeantRun, place: RunPosition | null, job: VerifyJob): Promise<Validation> {
  const { inspector, context, call, writer, display, outcomes } = job;
  const { signal, clock } = context;
  // No run is begun once the program is to end.
  signal.throwIfAborted();
  const onProgress = display.onProgress(place?.total === 1 ? null : place);
  const before = clock();
  const validation: Validation =
    run.refusal === null
      ? await inspector.validateBackupRun({ run_id: run.id }, { ...call, signal, onProgress })
      : { ok: false, error: run.refusal };
  const isRemoved = await writer.add(run, validation, (clock() - before) / 1_000);
  for (const outcome of isRemoved ? [] : outcomesOfValidation(validation)) outcomes.add(outcome);
  return validation;
}
