/** A run id comes in, what the library says about that run goes out. */

import type { Answer, Inspector } from '../index.ts';
import type { Arguments } from './arguments.ts';
import { outcomeOf, outcomeOfError } from './exit-code.ts';
import { toJson } from './json.ts';
import { inspectionOptionsOf, inspectorOptionsOf, rootOf, withInspector } from './library.ts';
import { createProgressDisplay, type ProgressDisplay } from './progress.ts';
import { count, size } from './quantities.ts';
import { renderRun } from './render-run.ts';
import { runIds } from './run-ids.ts';
import type { Surroundings } from './surroundings.ts';
import { UsageError } from './usage-error.ts';
import { complain, complainOf, formOf, viewOf, wasInterrupted, type Form, type Outcomes } from './work.ts';

/** Shows one run. */
export async function show(args: Arguments, surroundings: Surroundings): Promise<Outcomes> {
  const form = formOf(args);
  const call = inspectionOptionsOf(args);
  const options = await inspectorOptionsOf(args, surroundings);
  const display = createProgressDisplay(surroundings, args.texts.has('quiet'));
  const inspect = async (inspector: Inspector): Promise<Outcomes> => {
    try {
      const { signal } = surroundings;
      const runId = await onlyRunId(args.words, surroundings);
      const onProgress = display.onProgress(null);
      const answer = await inspector.getBackupRun({ run_id: runId }, { ...call, signal, onProgress });
      await display.end();
      await tell(answer, form, args, surroundings);
      return outcomesOf(answer);
    } catch (reason) {
      await display.end();
      if (!surroundings.signal.aborted) throw reason;
      return interrupted(display, surroundings);
    }
  };
  return withInspector(options, surroundings, inspect);
}

async function onlyRunId(words: readonly string[], surroundings: Surroundings): Promise<string> {
  const ids: string[] = [];
  for await (const id of runIds(words, surroundings)) {
    ids.push(id);
    if (ids.length > 1) break;
  }
  const [id] = ids;
  if (id !== undefined && ids.length === 1) return id;
  throw new UsageError(`Cannot show: expected one run id, found ${ids.length === 0 ? 'none' : 'more'}`);
}

async function tell(answer: Answer, form: Form, args: Arguments, surroundings: Surroundings): Promise<void> {
  const { out } = surroundings;
  if (!answer.ok) await complainOf(surroundings, answer.error, rootOf(args, surroundings));
  if (!answer.ok && (form === 'text' || answer.error.code === 'BACKUP_RUN_NOT_FOUND')) return;
  if (form !== 'text' || !answer.ok) return out.say(`${toJson(answer, 2)}\n`);
  return out.say(`${renderRun(answer, viewOf(args, surroundings)).join('\n')}\n`);
}

function outcomesOf(answer: Answer): Outcomes {
  const outcome = answer.ok ? outcomeOf(answer.findings, answer.coverage) : outcomeOfError(answer.error);
  return new Set([outcome]);
}

async function interrupted(display: ProgressDisplay, surroundings: Surroundings): Promise<Outcomes> {
  const last = display.last();
  const done =
    last === null
      ? 'nothing was looked at'
      : `${count(last.artifactsDone, 'artifact')} of ${last.artifactsTotal} and ${size(last.bytesDone)} of ${size(last.bytesTotal)} were looked at`;
  if (wasInterrupted(surroundings)) await complain(surroundings, `Interrupted: ${done}; there is no verdict`);
  return new Set(['not inspected']);
}
