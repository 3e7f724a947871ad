/** A run at a glance: status, times and where it stands. */

import { escapeAll, printable } from '../../model/printable.ts';
import type { BackupRun } from '../../index.ts';
import type { Meaning } from './paint.ts';
import { duration, roughDuration } from './quantities.ts';
import type { Cell } from './table.ts';
import { NO_TIME, time } from '../args/times.ts';
import { wrapped, type View } from './view.ts';

/** That a run completed is what its manifest claims, and no verdict: it has no colour. */
const STATUS_MEANING: Readonly<Partial<Record<BackupRun['status'], Meaning>>> = {
  running: 'busy',
  failed: 'bad',
  partial: 'doubtful',
  cancelled: 'doubtful',
  timeout: 'bad',
};

/** The colour of a status, where it has one. */
export function statusMeaning(status: BackupRun['status']): Meaning | undefined {
  return STATUS_MEANING[status];
}

/** A run's status in its colour. */
export function statusCell({ status }: BackupRun): Cell {
  const meaning = statusMeaning(status);
  return { text: status, ...(meaning !== undefined && { meaning }) };
}

/** How long a run has been running. */
export function elapsed({ started_at }: BackupRun, now: number): string {
  return duration(Math.floor(now / 1_000) - started_at);
}

/** How long ago a run began, `11 h ago`, or how far ahead of this clock it claims to: `3 d ahead`. */
export function ageOf({ started_at }: BackupRun, now: number): string {
  const seconds = Math.floor(now / 1_000) - started_at;
  if (started_at === 0) return NO_TIME;
  return seconds < 0 ? `${roughDuration(-seconds)} ahead` : `${roughDuration(seconds)} ago`;
}

/** The same in a sentence: a clock may be wrong, here or where the run was made. */
export function ageSentence(run: BackupRun, now: number): string {
  const age = ageOf(run, now);
  return age.endsWith(' ahead') ? `which claims to begin ${age} of this clock` : `which began ${age}`;
}

/** How long a run took, or has taken until now. */
export function durationOfRun(run: BackupRun, now: number): string {
  if (run.status === 'running') return `${elapsed(run, now)} so far`;
  return run.finished_at === 0 ? NO_TIME : duration(run.finished_at - run.started_at);
}

const LABELS = 11;

/** The run at a glance. */
export function renderHead(run: BackupRun, view: View): string[] {
  const { paint, isUtc, now, columns } = view;
  const { text, meaning } = statusCell(run);
  const scope = run.requested_participants.map(printable).join(', ');
  const facts: readonly (readonly [string, string, (Meaning | undefined)?])[] = [
    ['status', text, meaning],
    ['type', scope === '' ? run.type : `${run.type}: ${scope}`],
    ['trigger', run.trigger],
    ['started', `${time(run.started_at, isUtc)}, ${ageOf(run, now)}`],
    ['finished', time(run.finished_at, isUtc)],
    ['duration', durationOfRun(run, now)],
    ['where', escapeAll(run.path)],
    ...(run.error_summary === '' ? [] : [['error', printable(run.error_summary), 'bad'] as const]),
  ];
  const lines = facts.flatMap(([label, value, meant]) => {
    const room = columns === null ? null : columns - LABELS - 2;
    return wrapped(value, room).map((part, index) => {
      const name = paint('faint', (index === 0 ? label : '').padEnd(LABELS));
      return `  ${name}${meant === undefined ? part : paint(meant, part)}`;
    });
  });
  return [paint('strong', `Backup run ${printable(run.run_id)}`), ...lines, ''];
}
