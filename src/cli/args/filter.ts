/** The filter of runs that options make. */

import type { RunFilter } from '../../index.ts';
import { RUN_STATUSES, RUN_TRIGGERS, RUN_TYPES } from '../../model/run.ts';
import { optionText, type Arguments } from './arguments.ts';
import { parseTime } from './times.ts';
import { parseLimit, parseWords } from './values.ts';

/** Which runs are listed. */
export function runFilterOf(args: Arguments): RunFilter {
  const isUtc = args.texts.has('utc');
  const [from, to, limit] = [optionText(args, 'from'), optionText(args, 'to'), optionText(args, 'limit')];
  const words = <Word extends string>(name: 'status' | 'type' | 'trigger', known: readonly Word[]) => {
    const texts = args.texts.get(name);
    return texts === undefined ? undefined : parseWords(texts, `--${name}`, known);
  };
  const [status, type, trigger] = [
    words('status', RUN_STATUSES),
    words('type', RUN_TYPES),
    words('trigger', RUN_TRIGGERS),
  ];
  return {
    ...(status !== undefined && { status }),
    ...(type !== undefined && { type }),
    ...(trigger !== undefined && { trigger }),
    ...(from !== undefined && { startedFrom: parseTime(from, '--from', 'first', isUtc) }),
    ...(to !== undefined && { startedTo: parseTime(to, '--to', 'last', isUtc) }),
    ...(limit !== undefined && { limit: parseLimit(limit, '--limit') }),
  };
}

const FILTERS = ['status', 'type', 'trigger', 'from', 'to', 'limit'] as const;

/** Whether there is any filter. */
export function hasFilter({ texts }: Arguments): boolean {
  return FILTERS.some((name) => texts.has(name));
}
