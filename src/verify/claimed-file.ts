/** The files that claims speak of: one for each path, however many claim it (pure). */

import { forEachInSlices } from '../concurrency/cooperative.ts';
import type { Claim } from '../manifest/claims.ts';
import type { Measurement } from './measurement.ts';
import type { Meter } from './progress.ts';

/** A file, and the claims to it. */
export interface ClaimedFile {
  /** From the run directory. */
  readonly path: string;
  /** Never empty. */
  readonly claims: Claim[];
}

/** The files of claims whose recorded path is plain, in the order of the first claim to each. */
export async function filesOf(claims: readonly Claim[]): Promise<ClaimedFile[]> {
  const files = new Map<string, ClaimedFile>();
  await forEachInSlices(claims, (claim) => {
    const { path } = claim;
    if (path === '') return;
    const file = files.get(path);
    if (file === undefined) files.set(path, { path, claims: [claim] });
    else file.claims.push(claim);
  });
  return [...files.values()];
}

/** Bytes claimed; those of every claim count. */
export function bytesOf(claims: readonly Claim[]): number {
  let bytes = 0;
  for (const { record } of claims) bytes += record.size_bytes ?? 0;
  return bytes;
}

/** Whether a participant that matters claims it. */
export function isCritical({ claims }: ClaimedFile): boolean {
  return claims.some(({ critical }) => critical);
}

/** What counts where there may not be time for everything. */
export interface Urgency {
  readonly critical: boolean;
  /** Bytes. */
  readonly size: number;
}

/** Critical participants first, small artifacts first within them: the most verdicts that matter in the time there is. */
export function compareUrgency(a: Urgency, b: Urgency): number {
  return Number(b.critical) - Number(a.critical) || a.size - b.size;
}

/** Whether a claim has a digest to compare with, for a file of this size. */
export function isToRead({ claims }: ClaimedFile, size: number | bigint): boolean {
  return claims.some(({ expected }) => expected?.size === size);
}

/** Whether a digest is the one that every claim of this size expects. */
export function isExpected({ claims }: ClaimedFile, size: number, digest: string): boolean {
  return claims.every(({ expected }) => expected?.size !== size || expected.digest === digest);
}

/** The one size that all claims to a file expect; null when they expect several, or none. */
export function onlySizeOf({ claims }: ClaimedFile): number | null {
  const size = claims[0]?.expected?.size ?? null;
  return claims.length === 1 || claims.every(({ expected }) => expected?.size === size) ? size : null;
}

/** Reports that a file is settled, of which `reported` bytes were reported as they were read; one that was left out is not. */
export function settle(
  { claims }: ClaimedFile,
  measurement: Measurement,
  reported: number,
  meter: Meter,
): void {
  if (measurement.type === 'unread') return;
  meter.settle(claims.length, Math.max(0, bytesOf(claims) - reported));
}
