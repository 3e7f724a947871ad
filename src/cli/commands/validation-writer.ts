/** Prints validations as they are done, as text or JSON, and a summary at the end. */

import type { Validation } from '../../index.ts';
import { printable } from '../../quote.ts';
import type { Arguments } from '../args/arguments.ts';
import { createArrayWriter, toJson, type ArrayWriter } from '../output/json.ts';
import { rootOf } from './library.ts';
import type { ProgressDisplay } from '../output/progress.ts';
import {
  reasonsOf,
  renderSummary,
  renderValidation,
  wordFor,
  type VerifyWord,
} from '../output/render-verify.ts';
import type { CliContext } from '../context.ts';
import { complain, complainOf } from '../output/complain.ts';
import { viewOf, type Form } from '../output/form.ts';
import { wasInterrupted } from './interruption.ts';

/** Prints what came of runs. */
export interface ValidationWriter {
  /** How many runs are to come; null when nobody knows. */
  expect(runs: number | null): void;
  add(runId: string, validation: Validation, seconds: number): Promise<void>;
  complain(sentence: string): Promise<void>;
  end(): Promise<void>;
}

/** A run that is not found says nothing on standard output; one that cannot be inspected, only as JSON. */
export function createValidationWriter(
  form: Form,
  args: Arguments,
  context: CliContext,
  display: ProgressDisplay,
): ValidationWriter {
  const { out, clock } = context;
  const array = form === 'json' ? createArrayWriter(out) : null;
  const begun = clock();
  const tally = new Map<VerifyWord | 'not found' | 'not inspected', number>();
  let asked: number | null = null;

  async function write(runId: string, validation: Validation, seconds: number): Promise<void> {
    const isFound = validation.ok || validation.error.code !== 'BACKUP_RUN_NOT_FOUND';
    if (form !== 'text') return isFound ? writeJson(validation, array, context) : undefined;
    if (reasonsOf(validation) === null) return;
    await out.print(`${renderValidation(runId, validation, seconds, viewOf(args, context))}\n`);
  }

  return {
    expect(runs) {
      asked = runs;
    },
    async add(runId, validation, seconds) {
      const word = wordOf(validation);
      tally.set(word, (tally.get(word) ?? 0) + 1);
      await display.hide();
      if (!validation.ok && reasonsOf(validation) === null) {
        await complainOf(context, validation.error, rootOf(args, context));
      }
      await write(runId, validation, seconds);
    },
    async complain(sentence) {
      await display.hide();
      await complain(context, printable(sentence));
    },
    async end() {
      const isTold = [...tally.keys()].some((word) => word !== 'not found' && word !== 'not inspected');
      // What is not found says nothing, also not that there is nothing.
      await array?.end(false);
      if (form !== 'text' || !isTold) return;
      const interrupted = wasInterrupted(context) ? { asked } : null;
      const seconds = (clock() - begun) / 1_000;
      await out.print(`${renderSummary(tally, seconds, interrupted, viewOf(args, context))}\n`);
    },
  };
}

function wordOf(validation: Validation): VerifyWord | 'not found' | 'not inspected' {
  const reasons = reasonsOf(validation);
  if (reasons !== null) return wordFor(reasons);
  return !validation.ok && validation.error.code === 'BACKUP_RUN_NOT_FOUND' ? 'not found' : 'not inspected';
}

function writeJson(validation: Validation, array: ArrayWriter | null, { out }: CliContext): Promise<void> {
  return array === null ? out.print(`${toJson(validation)}\n`) : array.add(validation);
}
