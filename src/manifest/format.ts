/**
 * Manifests of the format's version 1, as they are once they are validated and what is absent has its default. The
 * descriptions in the JSON Schemas are the comments of this file.
 */

import type { ParticipantStatus, RunStatus, RunTrigger, RunType } from '../model/run.ts';

/** A file that a participant claims to have produced, with the verdicts recorded when it was made. */
export interface ArtifactRecord {
  /** The name the participant gives it, for example `accounts.snapshot`. */
  logical_name: string;
  /**
   * Where it is, with forward slashes: relative to the run directory, relative to the root's parent, or absolute on the
   * machine that wrote it. Absent means `logical_name`.
   */
  path?: string | undefined;
  /** Size in bytes. If it is absent, the artifact cannot be verified, which is a finding. */
  size_bytes?: number | undefined;
  /**
   * SHA-256 of the content, 64 hexadecimal digits. If it is absent or anything else, the artifact cannot be verified, which
   * is a finding.
   */
  sha256?: string | undefined;
  /** Whether size and digest were found to be right when the artifact was made. */
  integrity_ok?: boolean | undefined;
  /** Why `integrity_ok` is false. */
  integrity_error?: string | undefined;
  /** Whether the content was found to be valid when the artifact was made. */
  validation_ok?: boolean | undefined;
  /** Why `validation_ok` is false. */
  validation_error?: string | undefined;
}

/** What one module contributed to a run. */
export interface ParticipantRecord {
  /**
   * The name of the participant: an ASCII letter or digit first, then letters, digits, `.`, `_` and `-`, at most 128, no
   * `..`, no final dot, no DOS device name.
   */
  name: string;
  /** Whether its failure fails the whole run. */
  critical: boolean;
  /** Whether it succeeded; true exactly when `status` is `completed`. */
  ok: boolean;
  /** How it ended. */
  status: ParticipantStatus;
  /** When it started, in Unix seconds. */
  started_at: number;
  /** When it finished, in Unix seconds, not before `started_at`. */
  finished_at: number;
  /** Why it failed; `""` when it did not. */
  error: string;
  /** What it produced. */
  artifacts: ArtifactRecord[];
}

/** A participant record in a file of its own, `participants/<name>.json` in the run directory. */
export interface ParticipantManifest extends ParticipantRecord {
  /** The version of the on-disk format. Absent means 1. */
  backup_format_version?: 1 | undefined;
  /** The run it belongs to. Absent means the one in whose directory it is. */
  run_id?: string | undefined;
}

/** The record of a run, `manifest.json` in the run directory. */
export interface RunManifest {
  /** The version of the on-disk format. Absent means 1. */
  backup_format_version?: 1 | undefined;
  /**
   * The name of the run and of its directory: an ASCII letter or digit first, then letters, digits, `.`, `_`, `-`, `+`
   * and `:`, at most 128, no `..`, no final dot, no DOS device name, and not `lost+found`.
   */
  run_id: string;
  /** What it copies: everything, or the participants that were asked for. */
  type: RunType;
  /** What started it. */
  trigger: RunTrigger;
  /** How it stands. */
  status: RunStatus;
  /** When it started, in Unix seconds. */
  started_at: number;
  /** When it finished, in Unix seconds, not before `started_at`; 0 while it is running. */
  finished_at: number;
  /** What went wrong; `""` when nothing did. */
  error_summary: string;
  /** Names of the participants that were asked for; empty in a full run. */
  requested_participants: string[];
  /** In order: names, whose records are files in `participants/`, or whole records. */
  participants: (string | ParticipantRecord)[];
}
