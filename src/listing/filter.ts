/** Checks the options of a listing and completes them; a bad one is the caller's mistake (pure). */

import * as v from 'valibot';
import type { BackupRun, RunStatus, RunTrigger, RunType } from '../model/run.ts';
import { checked, exactly } from '../model/check-options.ts';
import { moment, wantedRuns } from '../model/run-filter.ts';
import { abortSignal } from '../inspect/options.ts';

/** Which runs are listed, and how. */
export interface RunFilter {
  /** Statuses to list; all. A run passes when its status, as `getBackupRun` would answer it, is one of them. */
  status?: readonly RunStatus[] | undefined;
  /** Types to list; all. */
  type?: readonly RunType[] | undefined;
  /** Triggers to list; all. */
  trigger?: readonly RunTrigger[] | undefined;
  /** Unix seconds of the earliest start, inclusive; no limit. */
  startedFrom?: number | undefined;
  /** Unix seconds of the latest start, inclusive; no limit. */
  startedTo?: number | undefined;
  /** Rows of runs that can be read, at most; no limit. With it, times in run ids are trusted to order runs to within 26 hours. */
  limit?: number | undefined;
  /** Whether rows have their participants, with the verdicts that were recorded (level `none`); false. */
  participants?: boolean | undefined;
  /** Whether rows have `size_bytes`, the sum of what their artifacts claim, for which all manifests of a run are read; false. */
  sizes?: boolean | undefined;
  /** Aborts the listing: the next row rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** How run ids are listed. */
export interface RunIdsOptions {
  /** Aborts the listing: the next row rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** A filter, complete. */
export interface FilterSettings {
  readonly isListed: (run: BackupRun) => boolean;
  /** Null without one. */
  readonly limit: number | null;
  readonly participants: boolean;
  readonly sizes: boolean;
  readonly signal: AbortSignal | undefined;
}

const filterSchema = exactly({
  ...wantedRuns,
  startedFrom: moment,
  startedTo: moment,
  participants: v.optional(v.boolean(), false),
  sizes: v.optional(v.boolean(), false),
  signal: v.optional(abortSignal),
});

/** Completes the options of a listing; throws a `TypeError` for bad ones. */
export function filterSettings(filter: unknown): FilterSettings {
  const wanted = checked(filterSchema, filter, 'list backup runs');
  const { status, type, trigger, startedFrom = 0, startedTo = Infinity } = wanted;
  return {
    isListed: (run) =>
      (status?.includes(run.status) ?? true) &&
      (type?.includes(run.type) ?? true) &&
      (trigger?.includes(run.trigger) ?? true) &&
      run.started_at >= startedFrom &&
      run.started_at <= startedTo,
    limit: wanted.limit ?? null,
    participants: wanted.participants,
    sizes: wanted.sizes,
    signal: wanted.signal,
  };
}

const runIdsSchema = exactly({ signal: v.optional(abortSignal) });

/** The signal that ends a listing of run ids; throws a `TypeError` for bad options. */
export function runIdsSignal(options: unknown): AbortSignal | undefined {
  return checked(runIdsSchema, options, 'list run ids').signal;
}
