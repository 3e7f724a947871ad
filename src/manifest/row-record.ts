/** Loads what a row of a listing is made of: the run manifest, and the other ones where sizes are asked for. */

import type { Io, Stats } from '../fs/calls.ts';
import type { ReadableRun } from '../model/answer.ts';
import type { InspectionLimits } from '../model/limits.ts';
import type { LocatedRun } from '../repository/locate-run.ts';
import type { ParticipantRecord } from './format.ts';
import { loadManifest, loadRecord } from './load-run.ts';
import { mergeParticipants } from './merge.ts';
import type { RunHead } from './schemas.ts';

/** How rows are read. */
export interface RowOptions {
  readonly limits: InspectionLimits;
  /** Whether a row tells the bytes that its run claims, for which all of its manifests are read. */
  readonly sizes: boolean;
}

/** What a row is made of. */
export interface RowRecord {
  readonly head: RunHead;
  /** Of the run manifest. */
  readonly stats: Stats;
  readonly claimed: Pick<ReadableRun, 'size_bytes'>;
}

/** Writers are waited for between two looks, for all rows of a batch together, and not within one. */
const NO_PAUSES: readonly number[] = [];

/** Throws a `Refusal` when there is none. */
export async function loadRowRecord(
  located: LocatedRun,
  { limits, sizes }: RowOptions,
  io: Io,
): Promise<RowRecord> {
  if (!sizes) {
    const { value, stats } = await loadManifest(located, { limits, pauses: NO_PAUSES }, io);
    return { head: value.head, stats, claimed: {} };
  }
  // What stalls ends the look, and stands in the row.
  const once = { pauses: NO_PAUSES, stalled: [], stallTimeoutMs: 0 };
  const record = await loadRecord(located, { limits, ...once }, io);
  const participants = mergeParticipants(record, located.path, true).flatMap((entry) => entry.record ?? []);
  const isWhole = record.isComplete && ![...record.files.values()].some(({ type }) => type === 'broken');
  return {
    head: record.head,
    stats: record.stats,
    claimed: { size_bytes: isWhole ? claimedBytes(participants) : null },
  };
}

/** Bytes that all artifacts claim together; one that claims none counts as 0. */
function claimedBytes(
  participants: readonly {
    readonly artifacts: readonly Pick<ParticipantRecord['artifacts'][number], 'size_bytes'>[];
  }[],
): number {
  return participants
    .flatMap(({ artifacts }) => artifacts)
    .reduce((sum, { size_bytes = 0 }) => sum + size_bytes, 0);
}
