/** The bounds of what may be asked for, and of one inspection, so that no manifest can fill memory (pure). */

/** Milliseconds that a timer of Node can be set to at most: almost 25 days. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** Threads that may be asked for. */
export const MOST_THREADS = 1_024;

/** What a run may have at most. A run over a limit is refused, findings over theirs are only counted. */
export interface InspectionLimits {
  /** Bytes of one manifest; 16 MiB, and at most 256. */
  readonly manifestBytes: number;
  /** Bytes of all manifests of one run together; 64 MiB, or `manifestBytes` where that is more. At least `manifestBytes`. */
  readonly runBytes: number;
  /** Levels of nesting in one manifest; 64. */
  readonly manifestDepth: number;
  /** Artifacts of one run; 100,000. */
  readonly artifacts: number;
  /** Participants of one run; 10,000. */
  readonly participants: number;
  /** Findings that are kept; 1,000. */
  readonly findings: number;
}
