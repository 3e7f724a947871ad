/** The nouns callers see: what a run, its participants and its artifacts look like, and how far a look at them reaches. */

/** What a run copies: everything, or the participants that were asked for. */
export type RunType = 'full' | 'scoped';

/** Every type of run. */
export const RUN_TYPES = ['full', 'scoped'] as const satisfies readonly RunType[];

/** What started a run. */
export type RunTrigger = 'manual' | 'cron' | 'pre_update' | 'shutdown';

/** Everything that may start a run. */
export const RUN_TRIGGERS = [
  'manual',
  'cron',
  'pre_update',
  'shutdown',
] as const satisfies readonly RunTrigger[];

/** How a run stands. */
export type RunStatus = 'running' | 'completed' | 'failed' | 'partial' | 'cancelled' | 'timeout';

/** Every status of a run. */
export const RUN_STATUSES = [
  'running',
  'completed',
  'failed',
  'partial',
  'cancelled',
  'timeout',
] as const satisfies readonly RunStatus[];

/** How a participant ended. */
export type ParticipantStatus = 'completed' | 'failed';

/** Every way a participant may end. */
export const PARTICIPANT_STATUSES = ['completed', 'failed'] as const satisfies readonly ParticipantStatus[];

/**
 * One file a participant produced.
 * `size_bytes` and `sha256` are the recorded claims; where the disk says otherwise, a finding holds what was measured.
 */
export interface Artifact {
  /** The name the participant gave it, for example `accounts.snapshot`. */
  logical_name: string;
  /** Where the file is now, in the form of the run's `path`; `""` when the recorded path is unsafe. */
  path: string;
  /** Recorded size in bytes, a safe non-negative integer; 0 when the record has none. */
  size_bytes: number;
  /** Recorded SHA-256, 64 lower-case hexadecimal digits; `""` when the record has none. */
  sha256: string;
  /** True when size and SHA-256, recomputed from one read of a regular file, are the recorded ones. */
  integrity_ok: boolean;
  /** Why `integrity_ok` is false; `""` when it is true. */
  integrity_error: string;
  /** True when integrity holds, the artifact is not empty, and nothing else speaks against it. */
  validation_ok: boolean;
  /** Why `validation_ok` is false; `""` when it is true. */
  validation_error: string;
}

/** What one module contributed to a run, as recorded. */
export interface Participant {
  /** The module's name, for example `trades`; names its file too. */
  name: string;
  /** Whether its failure fails the whole run. */
  critical: boolean;
  /** Whether it succeeded, as recorded; false when there is no usable record. */
  ok: boolean;
  /** How it ended, as recorded; `failed` when there is no usable record. */
  status: ParticipantStatus;
  /** Unix seconds; 0 when there is no usable record. */
  started_at: number;
  /** Unix seconds; 0 when there is no usable record. */
  finished_at: number;
  /** The recorded error, or why there is no usable record; `""` when there is nothing to say. */
  error: string;
  /** In recorded order. */
  artifacts: Artifact[];
}

/** One execution of a backup. JSON-safe, fields in the documented order. */
export interface BackupRun {
  /** The run's id: the name of its directory. */
  run_id: string;
  /** What it copied. */
  type: RunType;
  /** What started it. */
  trigger: RunTrigger;
  /** How it stands: where directory and manifest disagree, never `completed`. */
  status: RunStatus;
  /** `<basename of the root>/<status directory>/<run_id>`, with forward slashes on every system. */
  path: string;
  /** Unix seconds. */
  started_at: number;
  /** Unix seconds; 0 while running. */
  finished_at: number;
  /** Why it failed, as recorded; `""` when there is nothing to say. */
  error_summary: string;
  /** In recorded order; empty for a full backup. */
  requested_participants: string[];
  /** In manifest order, then those the manifest does not list by name, then those merely requested. */
  participants: Participant[];
}

/**
 * How much an inspection does: `digest` hashes every artifact, `size` compares kind and size,
 * `none` opens no artifact. `size` and `none` take the rest of each verdict from the record.
 */
export type Level = 'digest' | 'size' | 'none';

/** Every level, from the most thorough on. */
export const LEVELS = ['digest', 'size', 'none'] as const satisfies readonly Level[];

/** How far the verdicts of an answer reach. */
export interface Coverage {
  /** The level that was asked for. */
  level: Level;
  /** Artifacts claimed. */
  artifacts: number;
  /** Artifacts whose verdict was measured now, by this call or one whose read it shared, or is remembered by the memo. */
  verified: number;
  /** Bytes claimed. */
  bytes: number;
  /** Artifact bytes this call read, also for content validators. */
  bytesRead: number;
  /** Artifacts answered from the memo. */
  fromMemo: number;
  /**
   * True only when every artifact was measured at level `digest`, every content validator that applies came to a verdict, and
   * the whole run directory could be looked at.
   */
  complete: boolean;
  /** Findings there were, also those beyond the limit on findings kept. */
  findingsTotal: number;
}
