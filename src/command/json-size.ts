/** How large a run is as JSON, found out in slices: as one text it would hold the loop of a host for a long time. */

import { createYield } from '../concurrency/cooperative.ts';
import type { BackupRun } from '../model/run.ts';

/** Whether a run takes more than a number of bytes as JSON. */
export async function isLargerThan(run: BackupRun, most: number): Promise<boolean> {
  const yieldIfDue = createYield();
  let bytes = jsonBytes({ ...run, participants: [] });
  for (const participant of run.participants) {
    bytes += jsonBytes({ ...participant, artifacts: [] }) + SEPARATOR;
    for (const artifact of participant.artifacts) {
      bytes += jsonBytes(artifact) + SEPARATOR;
      if (bytes > most) return true;
      await yieldIfDue();
    }
  }
  return bytes > most;
}

/** Bytes between two items. */
const SEPARATOR = 1;

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
