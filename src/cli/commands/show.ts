/** `backup-run show`: one run, its artifacts, its findings, and a verdict. */

import type { Answer, BackupRunError } from '../../index.ts';
import type { Arguments } from '../args/arguments.ts';
import { runOutcomeOf, outcomeOfError, type RunOutcome, type RunOutcomes } from '../output/exit-code.ts';
import { toJson } from '../output/json.ts';
import { inspectionOptionsOf, inspectorOptionsOf, rootOf, withInspector } from './library.ts';
import { createProgressDisplay, type ProgressDisplay } from '../output/progress.ts';
import { counted, size } from '../output/quantities.ts';
import { renderRun } from '../output/render-run.ts';
import { namedRun, resolveRun, type MeantRun, type RunLookup } from './resolve-run.ts';
import { faultOfEmptyRoot } from './root.ts';
import { runIds } from './run-ids.ts';
import type { CliContext } from '../context.ts';
import { UsageError } from '../args/usage-error.ts';
import { complain, complainOf } from '../output/complain.ts';
import { formOf, viewOf, type Form } from '../output/form.ts';
import { wasInterrupted } from './interruption.ts';

/** Shows one run. */
export async function showCommand(args: Arguments, context: CliContext): Promise<RunOutcomes> {
  const form = formOf(args);
  const call = inspectionOptionsOf(args);
  const options = await inspectorOptionsOf(args, context);
  const display = createProgressDisplay(context, args.texts.has('quiet'));
  return withInspector(options, context, async (inspector) => {
    const outcomes = new Set<RunOutcome>();
    const onFault = async (error: BackupRunError): Promise<void> => {
      outcomes.add('not inspected');
      await complainOf(context, error, rootOf(args, context));
    };
    try {
      const { signal } = context;
      const run = await onlyRun(args.words, { inspector, context, onFault });
      const onProgress = display.onProgress(null);
      const answer: Answer =
        run.refusal === null
          ? await inspector.getBackupRun({ run_id: run.id }, { ...call, signal, onProgress })
          : { ok: false, error: run.refusal };
      await display.end();
      await printAnswer(run.id, answer, form, args, context);
      return outcomes.add(outcomeOfAnswer(answer));
    } catch (reason) {
      await display.end();
      if (!context.signal.aborted) throw reason;
      return interrupted(display, context);
    }
  });
}

/** The one run that is meant. Ids of standard input come from programs, and are taken as they are. */
async function onlyRun(
  words: readonly string[],
  lookup: RunLookup & { readonly context: CliContext },
): Promise<MeantRun> {
  const ids: string[] = [];
  for await (const id of runIds(words, lookup.context)) {
    ids.push(id);
    if (ids.length > 1) break;
  }
  const [id] = ids;
  if (id === undefined || ids.length > 1) {
    throw new UsageError(`Cannot show: expected one run id, found ${ids.length === 0 ? 'none' : 'more'}`);
  }
  return words.includes('-') ? namedRun(id) : resolveRun(id, lookup);
}

async function printAnswer(
  runId: string,
  answer: Answer,
  form: Form,
  args: Arguments,
  context: CliContext,
): Promise<void> {
  const { out } = context;
  if (!answer.ok) await complainOfRun(answer.error, rootOf(args, context), context);
  if (!answer.ok && (form === 'text' || answer.error.code === 'BACKUP_RUN_NOT_FOUND')) return;
  if (form !== 'text' || !answer.ok)
    return out.print(
      `${toJson(answer.ok ? answer : { ok: false, run_id: runId, error: answer.error }, 2)}\n`,
    );
  return out.print(`${renderRun(answer, viewOf(args, context)).join('\n')}\n`);
}

/** Where nothing is found, the root may be none. */
async function complainOfRun(error: BackupRunError, root: string, context: CliContext): Promise<void> {
  const fault = error.code === 'BACKUP_RUN_NOT_FOUND' ? await faultOfEmptyRoot(root, context) : null;
  await complainOf(context, error, root);
  if (fault !== null) await complain(context, fault);
}

function outcomeOfAnswer(answer: Answer): RunOutcome {
  return answer.ok ? runOutcomeOf(answer.findings, answer.coverage) : outcomeOfError(answer.error);
}

async function interrupted(display: ProgressDisplay, context: CliContext): Promise<RunOutcomes> {
  const last = display.last();
  const done =
    last === null
      ? 'nothing was looked at'
      : `${counted(last.artifactsDone, 'artifact')} of ${last.artifactsTotal} and ${size(last.bytesDone)} of ${size(last.bytesTotal)} were looked at`;
  if (wasInterrupted(context)) await complain(context, `Interrupted: ${done}; there is no verdict`);
  return new Set(['not inspected']);
}
