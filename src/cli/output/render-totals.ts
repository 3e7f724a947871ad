/** The line about all runs of a listing, which claims no more than manifests do. */

import { printable } from '../../model/printable.ts';
import type { BackupRun, ListedRun } from '../../index.ts';
import { RUN_STATUSES } from '../../model/run.ts';
import { ageOf } from './render-head.ts';
import { counted, grouped } from './quantities.ts';
import { wrapped, type View } from './view.ts';

/** Counts runs by the status that they claim, and those that cannot be read. */
export interface Totals {
  add(row: ListedRun): void;
  isEmpty(): boolean;
  /** @param isAll - whether these are all runs there are. */
  render(isAll: boolean, view: View): string;
}

/** Takes rows in the order of a listing, the newest first. */
export function createTotals(): Totals {
  const tally = new Map<BackupRun['status'] | 'unreadable', number>();
  let newest: BackupRun | null = null;

  function newestSentence({ now }: View): string {
    if (newest === null) return 'none of them completed';
    return `the newest completed is ${printable(newest.run_id)}, ${ageOf(newest, now)}`;
  }

  return {
    add(row) {
      const status = row.ok ? row.run.status : 'unreadable';
      tally.set(status, (tally.get(status) ?? 0) + 1);
      if (row.ok && status === 'completed') newest ??= row.run;
    },
    isEmpty: () => tally.size === 0,
    render(isAll, view) {
      const total = [...tally.values()].reduce((sum, each) => sum + each, 0);
      const parts = ([...RUN_STATUSES, 'unreadable'] as const).flatMap((status) => {
        const number = tally.get(status) ?? 0;
        return number === 0 ? [] : `${grouped(number)} ${status}`;
      });
      const runs = `${isAll ? '' : 'at least '}${counted(total, 'run')}`;
      const text = `${runs}: ${parts.join(', ')}; ${newestSentence(view)}; as recorded, nothing was verified`;
      return wrapped(text, view.columns).join('\n');
    },
  };
}
