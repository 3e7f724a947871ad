/** Prints validations as they are done, as text or JSON, and a summary at the end. */

import type { BackupRun, BackupRunError, Validation } from '../../index.ts';
import { printable } from '../../model/printable.ts';
import { optionText, type Arguments } from '../args/arguments.ts';
import type { CliContext } from '../context.ts';
import { complain, complainOf } from '../output/complain.ts';
import { viewOf, type Form } from '../output/form.ts';
import { createArrayWriter, toJson } from '../output/json.ts';
import type { ProgressDisplay } from '../output/progress.ts';
import {
  MOST_BAD,
  reasonsOf,
  renderBad,
  renderFound,
  renderHint,
  renderNewest,
  renderSummary,
  renderUninspected,
  renderValidation,
  wordFor,
  type SummaryWord,
} from '../output/render-verify.ts';
import type { View } from '../output/view.ts';
import { wasInterrupted } from './interruption.ts';
import { rootOf } from './library.ts';
import type { MeantRun } from './resolve-run.ts';

/** Prints what came of runs. */
export interface ValidationWriter {
  /** How many runs are to come; null when nobody knows. */
  expect(runs: number | null): void;
  /** From now on a run that is not found was listed before, and has been removed. */
  expectRemovals(): void;
  /** Prints what came of a run. Resolves to whether it has been removed since it was listed. */
  add(run: MeantRun, validation: Validation, seconds: number): Promise<boolean>;
  complain(sentence: string): Promise<void>;
  /** Prints, at the end, that this is the run that was looked for. */
  found(run: BackupRun): Promise<void>;
  end(): Promise<void>;
}

/** Rows that stand on a screen together with the summary. */
const FEW = 10;

/** Every run that was found has a row on standard output. */
export function createValidationWriter(
  form: Form,
  args: Arguments,
  context: CliContext,
  display: ProgressDisplay,
): ValidationWriter {
  const begun = context.clock();
  const rows = createRowPrinter(form, args, context);
  const tally = new Map<SummaryWord, number>();
  const named = new Map<SummaryWord, string[]>();
  let newest: BackupRun | null = null;
  let asked: number | null = null;
  let notFound: SummaryWord = 'not found';
  let found: BackupRun | null = null;

  function summary(): string {
    const view = viewOf(args, context);
    const interrupted = wasInterrupted(context) ? { asked } : null;
    const line = renderSummary(tally, (context.clock() - begun) / 1_000, interrupted, view);
    // A row tells the same as long as there are few.
    const isLong = [...tally.values()].reduce((sum, each) => sum + each, 0) > FEW;
    return [
      line,
      ...(isLong ? renderBad(tally, named, view) : []),
      ...(isLong && found === null && newest !== null ? [renderNewest(newest, view)] : []),
      ...(found === null ? [] : [renderFound(found, view)]),
    ].join('\n');
  }

  return {
    expect(runs) {
      asked = runs;
    },
    expectRemovals() {
      notFound = 'removed';
    },
    async add(run, validation, seconds) {
      const word = wordOf(validation) ?? notFound;
      tally.set(word, (tally.get(word) ?? 0) + 1);
      const names = named.get(word) ?? [];
      named.set(word, names);
      if (names.length < MOST_BAD) names.push(run.id);
      if (validation.ok && (newest === null || validation.run.started_at > newest.started_at))
        newest = validation.run;
      await display.hide();
      await rows.print(run, validation, seconds);
      return word === 'removed';
    },
    async complain(sentence) {
      await display.hide();
      await complain(context, printable(sentence));
    },
    found(run) {
      found = run;
      return Promise.resolve();
    },
    async end() {
      await rows.end();
      if (form === 'text' && rows.hasPrinted()) await context.out.print(`${summary()}\n`);
    },
  };
}

/** Prints a row for a run, and complains of one that could not be inspected. */
interface RowPrinter {
  print(run: MeantRun, validation: Validation, seconds: number): Promise<void>;
  hasPrinted(): boolean;
  end(): Promise<void>;
}

function createRowPrinter(form: Form, args: Arguments, context: CliContext): RowPrinter {
  const { out, err } = context;
  const array = form === 'json' ? createArrayWriter(out) : null;
  let hasPrinted = false;

  async function printText(run: MeantRun, validation: Validation, seconds: number): Promise<void> {
    const view = viewOf(args, context);
    const isInspected = reasonsOf(validation) !== null;
    if (!isInspected && !(!validation.ok && hasRow(run, validation.error))) return;
    hasPrinted = true;
    const row =
      validation.ok || isInspected
        ? renderValidation(run.id, validation, seconds, view)
        : renderUninspected(run.id, validation.error, view);
    await out.print(`${[row, ...hintLines(run, validation, view)].join('\n')}\n`);
  }

  /** For people who read it on a terminal; what stands behind a pipe reads rows. */
  function hintLines({ id }: MeantRun, validation: Validation, view: View): string[] {
    const reasons = reasonsOf(validation);
    const command = view.columns === null ? null : showCommandFor(args);
    return reasons === null || command === null ? [] : renderHint(command, id, reasons, view);
  }

  return {
    async print(run, validation, seconds) {
      const isFault = !validation.ok && reasonsOf(validation) === null;
      // A person who sees both streams on one terminal reads it once.
      const isSeen =
        form === 'text' &&
        isFault &&
        hasRow(run, validation.error) &&
        out.columns() !== null &&
        err.columns() !== null;
      if (isFault && !isSeen) await complainOf(context, validation.error, rootOf(args, context));
      if (form === 'text') return printText(run, validation, seconds);
      if (!validation.ok && validation.error.code === 'BACKUP_RUN_NOT_FOUND') return;
      const row = isFault ? { ok: false, run_id: run.id, error: validation.error } : validation;
      await (array === null ? out.print(`${toJson(row)}\n`) : array.add(row));
    },
    hasPrinted: () => hasPrinted,
    // What is not found has no row, and where nothing was found there is no array either.
    end: async () => array?.end(false),
  };
}

/** What to type before the id of a run to see it whole; null where it cannot be typed. */
function showCommandFor(args: Arguments): string | null {
  const root = optionText(args, 'root');
  if (root !== undefined && printable(root) !== root) return null;
  const where = root === undefined ? '' : ` --root ${inShell(root)}`;
  return `backup-run show${where}`;
}

/** A word as it can be typed in every shell. */
function inShell(word: string): string {
  return /^[\w./:+@%-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Whether an error has a row: that of a run that was found, and not one about the way to it. */
function hasRow({ isListed }: MeantRun, error: BackupRunError): boolean {
  if (isListed) return error.code !== 'BACKUP_RUN_NOT_FOUND';
  // The root, a status directory, a run: that is the form of paths.
  if (error.code === 'IO_ERROR') return error.path.split('/').length > 2;
  return !['BACKUP_RUN_NOT_FOUND', 'BUSY', 'UNSUPPORTED'].includes(error.code);
}

function wordOf(validation: Validation): SummaryWord | null {
  const reasons = reasonsOf(validation);
  if (reasons !== null) return wordFor(reasons);
  return !validation.ok && validation.error.code === 'BACKUP_RUN_NOT_FOUND' ? null : 'not inspected';
}
