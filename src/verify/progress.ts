/** Reports progress: a few times a second, never beyond the totals, and once at the end. */

import { now } from '../concurrency/clock.ts';

/** How far an inspection is. What was left out, for want of time say, is not done: then the last report is below its totals. */
export interface Progress {
  /** The id of the run. */
  runId: string;
  /** Whose artifact was worked on last; `""` before the first. */
  participant: string;
  /** The logical name of that artifact; `""` before the first. */
  artifact: string;
  /** Bytes of the artifacts that are settled, and what was read of those that are not; at most `bytesTotal`. */
  bytesDone: number;
  /** Bytes claimed. */
  bytesTotal: number;
  /** Artifacts that are settled; at most `artifactsTotal`. */
  artifactsDone: number;
  /** Artifacts claimed. */
  artifactsTotal: number;
}

/** Milliseconds between two reports. */
const INTERVAL = 100;

/** Follows the progress of an inspection. */
export interface Meter {
  /** Begins, or begins anew where the run was moved: what was reported is not taken back before the end. */
  begin(bytesTotal: number, artifactsTotal: number): void;
  /** Says that bytes of an artifact were read. */
  read(participant: string, artifact: string, bytes: number): void;
  /** Says that artifacts are settled; `bytes` are those of them that no read has reported. */
  settle(artifacts: number, bytes: number): void;
  /** Reports for the last time. */
  readonly end: () => void;
  /** Reports no more: the call is over. */
  readonly stop: () => void;
}

/** `report` may throw, or return a promise that rejects: `onThrow` gets the reason. */
export function createMeter(
  runId: string,
  report: ((progress: Progress) => unknown) | undefined,
  onThrow: (reason: unknown) => void,
): Meter {
  const current: Progress = {
    runId,
    participant: '',
    artifact: '',
    bytesDone: 0,
    bytesTotal: 0,
    artifactsDone: 0,
    artifactsTotal: 0,
  };
  let counted = { bytes: 0, artifacts: 0 };
  /** The most that was reported. */
  let shown = { bytes: 0, artifacts: 0 };
  let reportedAt = -Infinity;
  let isStopped = false;

  function reportNow(isLast: boolean): void {
    if (report === undefined || isStopped || (!isLast && now() - reportedAt < INTERVAL)) return;
    reportedAt = now();
    // The last word is what this time came to, whatever was done before the run was moved.
    const least = isLast ? counted : shown;
    // A record that was rewritten meanwhile may claim less than was done.
    current.bytesDone = Math.min(current.bytesTotal, Math.max(least.bytes, counted.bytes));
    current.artifactsDone = Math.min(current.artifactsTotal, Math.max(least.artifacts, counted.artifacts));
    shown = { bytes: current.bytesDone, artifacts: current.artifactsDone };
    try {
      const returned = report({ ...current });
      if (isPromiseLike(returned)) returned.then(undefined, onThrow);
    } catch (reason) {
      onThrow(reason);
    }
  }

  return {
    begin(bytesTotal, artifactsTotal) {
      counted = { bytes: 0, artifacts: 0 };
      Object.assign(current, { bytesTotal, artifactsTotal });
    },
    read(participant, artifact, bytes) {
      counted.bytes += bytes;
      current.participant = participant;
      current.artifact = artifact;
      reportNow(false);
    },
    settle(artifacts, bytes) {
      counted.artifacts += artifacts;
      counted.bytes += bytes;
      reportNow(false);
    },
    end: () => reportNow(true),
    stop: () => {
      isStopped = true;
    },
  };
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
