/** Which runs a list may be asked for: the schema of the data of `GetBackupRuns`, and what it shares with `listBackupRuns` (pure). */

import * as v from 'valibot';
import { exactly, natural } from './check-options.ts';
import {
  RUN_STATUSES,
  RUN_TRIGGERS,
  RUN_TYPES,
  type RunStatus,
  type RunTrigger,
  type RunType,
} from './run.ts';

/** The data of the command `GetBackupRuns`: which runs are listed. JSON-safe; what is absent lets everything pass. */
export interface RunFilterData {
  /** Statuses to list; all. A run passes when its status, as `GetBackupRun` would answer it, is one of them. */
  status?: RunStatus[] | undefined;
  /** Types to list; all. */
  type?: RunType[] | undefined;
  /** Triggers to list; all. */
  trigger?: RunTrigger[] | undefined;
  /** Unix seconds of the earliest start, inclusive; no limit. */
  started_from?: number | undefined;
  /** Unix seconds of the latest start, inclusive; no limit. */
  started_to?: number | undefined;
  /** Rows of runs that can be read, at most; no limit. */
  limit?: number | undefined;
}

/** Far more than there are to choose from; a message may hold millions. */
const MOST_CHOICES = 100;

const short = v.custom<unknown>(
  (value) => !Array.isArray(value) || value.length <= MOST_CHOICES,
  `expected at most ${MOST_CHOICES} values`,
);

function choice<const Options extends readonly string[]>(options: Options) {
  return v.optional(v.pipe(short, v.array(v.picklist(options))));
}

/** What is asked of the runs themselves, by the names of their fields in answers. */
export const wantedRuns = {
  status: choice(RUN_STATUSES),
  type: choice(RUN_TYPES),
  trigger: choice(RUN_TRIGGERS),
  limit: v.optional(natural),
};

/** Unix seconds. */
export const moment = v.optional(natural);

/**
 * Validates the data of the command `GetBackupRuns`; a valibot schema and a Standard Schema. Keys that are not known are refused.
 */
export const runFilterSchema: v.GenericSchema<unknown, RunFilterData> = exactly({
  ...wantedRuns,
  started_from: moment,
  started_to: moment,
});
