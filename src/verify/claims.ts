/** The participants' records come in, what has to be checked on the disk goes out, claim by claim. */

import type { ArtifactRecord, ParticipantRecord } from '../manifest/format.ts';
import { mapInSlices } from '../slices.ts';
import { artifactNames } from '../store/layout.ts';

/** What one record says about one file. */
export interface Claim {
  readonly participant: string;
  readonly critical: boolean;
  readonly record: ArtifactRecord;
  /** From the run directory, or null when the recorded path is not plain. */
  readonly names: readonly string[] | null;
  /** The same with `/` between the names, or `""`. */
  readonly path: string;
  /** What the file has to be, or null when the record does not say. */
  readonly expected: Expected | null;
  /** Whether an earlier record claims the same path. */
  readonly isDuplicate: boolean;
}

export interface Expected {
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
export function claimsOf(participants: readonly ParticipantRecord[], runId: string): Promise<Claim[]> {
  const claimed = new Set<string>();
  const records = participants.flatMap((participant) =>
    participant.artifacts.map((record) => ({ participant, record })),
  );
  return mapInSlices(records, ({ participant: { name, critical }, record }) => {
    const names = artifactNames(record.path ?? record.logical_name, runId);
    const path = names?.join('/') ?? '';
    const isDuplicate = claimed.has(path);
    if (path !== '') claimed.add(path);
    return { participant: name, critical, record, names, path, expected: expectedOf(record), isDuplicate };
  });
}

function expectedOf(record: ArtifactRecord): Expected | null {
  const [size, digest] = [record.size_bytes, digestOf(record)];
  return size === undefined || digest === '' ? null : { size, digest };
}
