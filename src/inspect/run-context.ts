/** What the steps of one inspection are given: what inspections of one inspector share, and what belongs to this one. */

import type { Cancellation, Canceller } from '../concurrency/abort.ts';
import type { Semaphore } from '../concurrency/semaphore.ts';
import type { ContentCheck, ArtifactAccess } from '../content/run-validators.ts';
import type { OutcomeCache } from '../content/outcome-cache.ts';
import type { Disk, HeldRun } from '../jobs/disk.ts';
import type { InspectionLimits } from '../model/limits.ts';
import type { Memo } from '../verify/memo.ts';
import type { Meter } from '../verify/progress.ts';
import type { ReadSession, SharedReads } from '../verify/shared-reads.ts';
import type { InspectionSettings } from './options.ts';

/** What the inspections of one inspector share. */
export interface Shared {
  readonly rootName: string;
  readonly limits: InspectionLimits;
  /** Bounds the inspections under way, and so their descriptors. */
  readonly semaphoreFor: (call: InspectionSettings) => Semaphore;
  readonly disk: Disk;
  readonly sharedReads: SharedReads;
  readonly memo: Memo | null;
  readonly contents: ContentCheck;
}

/** What the steps of one inspection share. */
export interface RunContext {
  readonly call: InspectionSettings;
  readonly cancellation: Cancellation;
  /** The work on the disk: ends with the call, or when the time budget is over. */
  readonly timed: Canceller;
  /** What is left to do when it is over. */
  readonly closing: Cancellation;
  readonly reads: ReadSession;
  readonly meter: Meter;
  readonly shared: Shared;
  /** Counts the artifact bytes of all attempts. */
  readonly read: { bytes: number };
  /** By the validators, in all attempts. */
  readonly outcomes: OutcomeCache;
}

/** How artifacts are read, to be measured and to be validated. */
export function artifactAccessOf(
  { run }: HeldRun,
  { call, shared, timed, meter, read, outcomes }: RunContext,
): ArtifactAccess {
  return {
    run,
    disk: shared.disk,
    cancellation: timed,
    isHurried: call.timeBudgetMs !== undefined,
    meter,
    onBytes: (count) => {
      read.bytes += count;
    },
    cache: outcomes,
  };
}
