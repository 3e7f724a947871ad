/** Claims of a run's records about files on the disk, and how they travel between threads. */

import type { ArtifactRecord, ParticipantRecord } from './format.ts';
import { artifactNames } from '../repository/layout.ts';

/** What one record says about one file. */
export interface Claim {
  readonly participant: string;
  readonly critical: boolean;
  readonly record: ArtifactRecord;
  /** From the run directory, with `/` between the names; `""` when the recorded path is not plain. */
  readonly path: string;
  /** What the file has to be, or null when the record does not say. */
  readonly expected: ExpectedFile | null;
  /** Whether an earlier record claims the same path. */
  readonly isDuplicate: boolean;
}

/** What a file has to be. */
export interface ExpectedFile {
  /** Bytes. */
  readonly size: number;
  /** 64 lower-case hexadecimal digits. */
  readonly digest: string;
}

const DIGEST = /^[0-9A-Fa-f]{64}$/;

/** The recorded digest in lower case, or `""` when there is none that is one. */
export function digestOf({ sha256 }: ArtifactRecord): string {
  return sha256 !== undefined && DIGEST.test(sha256) ? sha256.toLowerCase() : '';
}

/** All claims of a run, in answer order. */
export function claimsOf(participants: readonly ParticipantRecord[], runId: string): Claim[] {
  const claimed = new Set<string>();
  return participants.flatMap(({ name: participant, critical, artifacts }) =>
    artifacts.map((record) => {
      const path = artifactNames(record.path ?? record.logical_name, runId)?.join('/') ?? '';
      const isDuplicate = claimed.has(path);
      if (path !== '') claimed.add(path);
      return { participant, critical, record, path, expected: expectedOf(record), isDuplicate };
    }),
  );
}

function expectedOf(record: ArtifactRecord): ExpectedFile | null {
  const [size, digest] = [record.size_bytes, digestOf(record)];
  return size === undefined || digest === '' ? null : { size, digest };
}

/**
 * Claims on their way to another thread: JSON in slices, in memory that is handed over and not copied. Whoever gets them parses
 * one slice after the other, because a hundred thousand objects at once would hold its loop for a long time.
 */
export interface EncodedClaims {
  readonly bytes: Uint8Array;
  /** Where each slice ends. */
  readonly ends: readonly number[];
}

/** Claims of one slice: parsing them takes about a millisecond. */
const SLICE = 512;

export function encodeClaims(claims: readonly Claim[]): EncodedClaims {
  const slices: Buffer[] = [];
  const ends: number[] = [];
  let end = 0;
  for (let from = 0; from < claims.length; from += SLICE) {
    const slice = Buffer.from(JSON.stringify(claims.slice(from, from + SLICE)));
    slices.push(slice);
    ends.push((end += slice.length));
  }
  // Memory of its own: what is handed over takes nothing else with it.
  const bytes = new Uint8Array(end);
  for (const [index, slice] of slices.entries()) bytes.set(slice, ends[index - 1] ?? 0);
  return { bytes, ends };
}

/** The slices one after the other, each parsed when it is asked for. */
export function* decodeClaims({ bytes, ends }: EncodedClaims): Generator<readonly Claim[], void> {
  const decoder = new TextDecoder();
  for (const [index, end] of ends.entries()) {
    // Only what `encodeClaims` wrote is read here.
    const claims: readonly Claim[] = JSON.parse(decoder.decode(bytes.subarray(ends[index - 1] ?? 0, end)));
    yield claims;
  }
}
