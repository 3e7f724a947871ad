/** The one interface of all content validators: what the content of a verified artifact proves. */

import type { Artifact } from '../model/run.ts';

/** What a validator says about a file. */
export type Verdict =
  | { readonly ok: true }
  /** The content is not what it should be. `reason` becomes the `actual` of a finding. */
  | { readonly ok: false; readonly reason: string }
  /** The content could not be checked; the artifact is then not verified. */
  | { readonly skipped: true; readonly why: string };

/** An artifact whose size and digest were verified, as a validator sees it. Nothing can be read after the validation. */
export interface ArtifactFile {
  /** The artifact's logical name. */
  readonly name: string;
  /** Where it is, in the form of the run's `path`; for messages, not for opening. */
  readonly path: string;
  /** Bytes, at least 1. */
  readonly size: number;
  /**
   * Reads the file from its beginning, in chunks of at most 256 KiB that are the caller's to keep. Each call opens it anew,
   * and reads exactly the revision that was hashed: throws when it is another one by now, or cannot be read.
   */
  chunks(): AsyncIterable<Uint8Array>;
  /**
   * The artifact of this run whose path is this one's with `ending` behind it, for example `-wal`; null when the run records
   * none. Reading it throws when its integrity was not verified. Its `size` may be 0.
   */
  beside(ending: string): ArtifactFile | null;
}

/** What accompanies a validation. */
export interface ValidationContext {
  /** Is aborted when nobody waits for the verdict any more. */
  readonly signal: AbortSignal;
  /** Says that work goes on. Taking a chunk says it too; after `stallTimeoutMs` of silence a validator is given up. */
  readonly alive: () => void;
  /** Absolute path of the backups directory, in which nothing may be written. */
  readonly root: string;
}

/** Bytes at the beginning of a file that its kind is known by. */
export const HEAD_BYTES = 512;

/** Checks the content of artifacts. */
export interface Validator {
  /** Tells it from the others of an inspector. */
  readonly name: string;
  /**
   * Whether the artifact is of its kind.
   *
   * @param artifact - as in the answer, with its integrity verified.
   * @param head - the first 512 bytes of the file, or all of it when it is smaller.
   */
  applies(artifact: Readonly<Artifact>, head: Uint8Array): boolean;
  /** Checks a file. What it throws proves nothing about the file, which is then not verified. */
  validate(file: ArtifactFile, context: ValidationContext): Verdict | Promise<Verdict>;
}
