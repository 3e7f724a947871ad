/** `backup-run list`: the runs of a root that pass the filters, newest first. */

import type { ListedRun } from '../../index.ts';
import { refuseWords, type Arguments } from '../args/arguments.ts';
import { runFilterOf } from '../args/filter.ts';
import type { CliContext } from '../context.ts';
import { complain, complainOf } from '../output/complain.ts';
import type { RunOutcome, RunOutcomes } from '../output/exit-code.ts';
import { formOf } from '../output/form.ts';
import { createCalendarWriter, planCalendar } from './calendar-writer.ts';
import { complainOfStop } from './interruption.ts';
import { inspectorOptionsOf, rootOf, withInspector } from './library.ts';
import { createRowWriter } from './row-writer.ts';
import { faultOfEmptyRoot } from './root.ts';

/** Lists runs. */
export async function listCommand(args: Arguments, context: CliContext): Promise<RunOutcomes> {
  refuseWords(args);
  const form = formOf(args);
  const filter = runFilterOf(args);
  const root = rootOf(args, context);
  const plan = args.texts.has('calendar') ? planCalendar(args, form, filter, context.now()) : null;
  const writer =
    plan === null ? createRowWriter(form, args, context) : createCalendarWriter(plan, args, context);
  const wanted = { ...(plan?.filter ?? filter), sizes: true };
  const options = await inspectorOptionsOf(args, context);
  return withInspector(options, context, async (inspector) => {
    const { signal } = context;
    const outcomes = new Set<RunOutcome>();
    let isEmpty = true;
    try {
      for await (const row of inspector.listBackupRuns({ ...wanted, signal })) {
        isEmpty = false;
        if (!row.ok) outcomes.add('not inspected');
        if (isUnlistable(row)) await complainOf(context, row.error, root);
        await writer.add(row);
      }
      const fault = isEmpty ? await faultOfEmptyRoot(root, context) : null;
      if (fault !== null) return await refuseRoot(fault, context);
      await writer.end(true);
    } catch (reason) {
      outcomes.add(await complainOfStop(reason, context));
      await writer.end(false);
    }
    return outcomes;
  });
}

/** Whether a row stands for a directory that could not be listed, and for no run. */
export function isUnlistable(row: ListedRun): row is ListedRun & { readonly ok: false } {
  return !row.ok && row.run_id === '';
}

/** Complains of a root that is none. */
export async function refuseRoot(fault: string, context: CliContext): Promise<RunOutcomes> {
  await complain(context, fault);
  return new Set<RunOutcome>(['not inspected']);
}
