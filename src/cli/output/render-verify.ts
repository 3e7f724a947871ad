/** The line of a verified run, and the summary of all. */

import { printable } from '../../model/printable.ts';
import type { BackupRun, BackupRunError, Reason, Validation } from '../../index.ts';
import type { Meaning } from './paint.ts';
import { counted, duration, grouped } from './quantities.ts';
import { ageSentence } from './render-head.ts';
import { extent, UNVERIFIABLE_CODES } from './verdict.ts';
import { shownMessage, wrapped, type View } from './view.ts';
import { fill, width } from './width.ts';

/** The words for a run that was inspected; the line of a run begins with one. */
const VERIFY_WORDS = ['restorable', 'not completed', 'not verified', 'damaged'] as const;

type VerifyWord = (typeof VERIFY_WORDS)[number];

const MEANING: Readonly<Record<VerifyWord, Meaning>> = {
  restorable: 'good',
  'not completed': 'doubtful',
  'not verified': 'doubtful',
  damaged: 'bad',
};

/** More time or another level would not make a restore point of a run that did not complete. */
const NOT_COMPLETED: readonly Reason['code'][] = ['RUN_NOT_COMPLETED', 'RUN_NOT_VERIFIED'];

const NOT_DAMAGE: readonly Reason['code'][] = [...NOT_COMPLETED, ...UNVERIFIABLE_CODES];

/** The word for a run by the reasons not to restore from it. */
export function wordFor(reasons: readonly Pick<Reason, 'code'>[]): VerifyWord {
  if (reasons.length === 0) return 'restorable';
  if (!reasons.every(({ code }) => NOT_DAMAGE.includes(code))) return 'damaged';
  const isNotCompleted = reasons.some(({ code }) => code === 'RUN_NOT_COMPLETED');
  return isNotCompleted && reasons.every(({ code }) => NOT_COMPLETED.includes(code))
    ? 'not completed'
    : 'not verified';
}

/** Columns of the longest word, and of the gap after it. */
const WORD_COLUMNS = Math.max(...VERIFY_WORDS.map((word) => word.length)) + 2;

/** Columns before a command that can be copied. */
const HINT_INDENT = 4;

/** The reasons not to restore from a run; none when it is restorable, null when it could not be inspected. */
export function reasonsOf(validation: Validation): readonly Reason[] | null {
  if (validation.ok) return [];
  return validation.error.code === 'BACKUP_RUN_NOT_RESTORABLE' ? validation.error.reasons : null;
}

/** The line of a run; on a terminal more than one where there is much to say. */
export function renderValidation(runId: string, validation: Validation, seconds: number, view: View): string {
  const reasons = reasonsOf(validation) ?? [];
  const word = wordFor(reasons);
  const details = validation.ok
    ? `${extent(validation.coverage)}, ${duration(seconds)}`
    : reasonSentence(word, reasons);
  return row(word, MEANING[word], runId, details, view);
}

/**
 * What shows a run whole that cannot be relied on, to be copied: in a line, or with the id in another, and nowhere else; none where it does
 * not fit, nor for a run that is as good as it can be.
 */
export function renderHint(
  command: string,
  runId: string,
  reasons: readonly Reason[],
  { columns, paint }: View,
): string[] {
  if (!['damaged', 'not verified'].includes(wordFor(reasons))) return [];
  const forms = [[`${command} ${runId}`], [`${command} \\`, `  ${runId}`]];
  const room = columns === null ? Infinity : columns - HINT_INDENT;
  const fitting = forms.find((lines) => lines.every((each) => width(each) <= room)) ?? [];
  return fitting.map((each) => ' '.repeat(HINT_INDENT) + paint('faint', each));
}

/** The line of a run that was found and could not be inspected. */
export function renderUninspected(runId: string, error: BackupRunError, view: View): string {
  return row('not inspected', 'bad', runId, shownMessage(error.message), view);
}

function row(word: string, meaning: Meaning, runId: string, details: string, view: View): string {
  const room = view.columns === null ? null : view.columns - WORD_COLUMNS;
  const [first = '', ...more] = wrapped(`${printable(runId)}  ${details}`, room);
  return [
    view.paint(meaning, fill(word, WORD_COLUMNS, 'left')) + first,
    ...more.map((each) => ' '.repeat(WORD_COLUMNS) + each),
  ].join('\n');
}

/** The line about the newest run that can be restored from. */
export function renderFound(run: BackupRun, view: View): string {
  return goodSentence('The newest restorable run', run, view);
}

/** The same of the runs that were verified: there may be newer ones. */
export function renderNewest(run: BackupRun, view: View): string {
  return goodSentence('The newest restorable of them', run, view);
}

function goodSentence(what: string, run: BackupRun, { columns, paint, now }: View): string {
  return wrapped(`${what} is ${printable(run.run_id)}, ${ageSentence(run, now)}.`, columns)
    .map((each) => paint('good', each))
    .join('\n');
}

/** The first reason that bears the word, and how many more there are. */
function reasonSentence(word: VerifyWord, reasons: readonly Reason[]): string {
  const [first] = reasons.filter(({ code }) => bears(word, code));
  const more = reasons.length - 1;
  return `${shownMessage(first?.message ?? '')}${more === 0 ? '' : `, and ${counted(more, 'more reason')}`}`;
}

function bears(word: VerifyWord, code: Reason['code']): boolean {
  if (word === 'damaged') return !NOT_DAMAGE.includes(code);
  return word === 'not completed' || code !== 'RUN_NOT_COMPLETED';
}

/** Runs that the summary names of each word; of more, how many there are. */
export const MOST_BAD = 10;

/** Which runs came to nothing good, by the first names of each word: their rows have left the screen. */
export function renderBad(
  tally: ReadonlyMap<SummaryWord, number>,
  named: ReadonlyMap<SummaryWord, readonly string[]>,
  { columns, paint }: View,
): string[] {
  return BAD_WORDS.flatMap((word) => {
    const names = named.get(word) ?? [];
    if (names.length === 0) return [];
    const left = (tally.get(word) ?? 0) - names.length;
    const more = left > 0 ? ` and ${grouped(left)} more` : '';
    return wrapped(`${word}: ${names.map(printable).join(', ')}${more}`, columns).map((each) =>
      paint('bad', each),
    );
  });
}

/** What came of a run, for the summary. */
export type SummaryWord = (typeof ORDER)[number];

const ORDER = [
  'restorable',
  'damaged',
  'not verified',
  'not completed',
  'not inspected',
  'not found',
  'removed',
] as const;

/** What somebody has to look after. */
const BAD_WORDS = ['damaged', 'not verified', 'not inspected'] as const satisfies readonly SummaryWord[];

/** The line about all runs; `asked` is null when nobody knows how many there were to be. */
export function renderSummary(
  tally: ReadonlyMap<SummaryWord, number>,
  seconds: number,
  interruptedOf: { readonly asked: number | null } | null,
  { columns, paint }: View,
): string {
  const total = [...tally.values()].reduce((sum, each) => sum + each, 0);
  const parts = ORDER.flatMap((word) => {
    const number = tally.get(word) ?? 0;
    return number === 0 ? [] : `${grouped(number)} ${word}`;
  });
  const isGood = tally.get('restorable') === total && interruptedOf === null;
  const { asked } = interruptedOf ?? { asked: null };
  const runs =
    interruptedOf !== null && asked !== null
      ? `${grouped(total)} of ${counted(asked, 'run')}`
      : counted(total, 'run');
  const begin = interruptedOf === null ? '' : 'Interrupted: ';
  const text = `${begin}${runs}: ${parts.join(', ')}; ${duration(seconds)}.`;
  return wrapped(text, columns)
    .map((each) => paint(isGood ? 'good' : 'bad', each))
    .join('\n');
}
