/** Reports progress: a few times a second, never going back, and once at the end. */

/** How far an inspection is. */
export interface Progress {
  runId: string;
  /** Whose artifact was worked on last; `""` before the first. */
  participant: string;
  /** The logical name of that artifact; `""` before the first. */
  artifact: string;
  /** Bytes of the artifacts that are settled, and what was read of those that are not. */
  bytesDone: number;
  /** Bytes claimed. */
  bytesTotal: number;
  artifactsDone: number;
  /** Artifacts claimed. */
  artifactsTotal: number;
}

/** Milliseconds between two reports. */
const INTERVAL = 100;

/** Follows the progress of an inspection. */
export interface Meter {
  /** Begins, or begins anew where the run was moved: what was reported is not taken back. */
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

/** `report` may throw: `onThrow` gets what it threw. */
export function createMeter(
  runId: string,
  report: ((progress: Progress) => void) | undefined,
  onThrow: (reason: unknown) => void,
): Meter {
  const now: Progress = {
    runId,
    participant: '',
    artifact: '',
    bytesDone: 0,
    bytesTotal: 0,
    artifactsDone: 0,
    artifactsTotal: 0,
  };
  let counted = { bytes: 0, artifacts: 0 };
  let reportedAt = -Infinity;
  let isStopped = false;

  function reportNow(isLast: boolean): void {
    if (report === undefined || isStopped || (!isLast && performance.now() - reportedAt < INTERVAL)) return;
    reportedAt = performance.now();
    now.bytesDone = Math.max(now.bytesDone, Math.min(counted.bytes, now.bytesTotal));
    now.artifactsDone = Math.max(now.artifactsDone, counted.artifacts);
    try {
      report({ ...now });
    } catch (reason) {
      onThrow(reason);
    }
  }

  return {
    begin(bytesTotal, artifactsTotal) {
      counted = { bytes: 0, artifacts: 0 };
      Object.assign(now, { bytesTotal, artifactsTotal });
    },
    read(participant, artifact, bytes) {
      counted.bytes += bytes;
      now.participant = participant;
      now.artifact = artifact;
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
