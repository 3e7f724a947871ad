/**
 * Claims come in, what the disk says about their files goes out: first kind and size of all of them, then, where the
 * size is right, size and digest from one read.
 */

import { busy, Refusal } from '../errors.ts';
import type { Level } from '../model.ts';
import type { Disk } from '../store/disk.ts';
import { errnoOf, shortageOf, Stalled } from '../store/errno.ts';
import type { Kind, Pin } from '../store/pin.ts';
import type { Claim, Expected } from './claims.ts';
import { look, type ArtifactFile, type HashFile } from './hashing/hash-file.ts';

/** What the disk says about one file. */
export type Measurement =
  | { readonly found: 'missing' }
  | { readonly found: 'not regular'; readonly kind: Kind }
  | { readonly found: 'unreadable'; readonly errno: string }
  | { readonly found: 'stalled'; readonly milliseconds: number }
  /** Looked at, not read. */
  | { readonly found: 'size'; readonly size: bigint }
  | { readonly found: 'content'; readonly size: number; readonly digest: string }
  | { readonly found: 'changing' };

/** The files of one run, and how to read them. */
export interface Measuring {
  readonly run: Pin;
  readonly level: Level;
  readonly disk: Disk;
  readonly hashFile: HashFile;
  readonly signal: AbortSignal | undefined;
  /** Is told of every chunk that is read, in bytes. */
  readonly onBytes: (count: number) => void;
}

/** The key of a file in what was measured: its path from the run directory. */
export function keyOf(names: readonly string[]): string {
  return names.join('/');
}

/** Measures every file that is claimed, once. */
export async function measure(
  claims: readonly Claim[],
  measuring: Measuring,
): Promise<ReadonlyMap<string, Measurement>> {
  const measured = new Map<string, Measurement>();
  if (measuring.level === 'none') return measured;
  const files = filesOf(claims, measuring.run);
  for (const [key, { file }] of files) measured.set(key, await lookAt(file, measuring));
  if (measuring.level === 'size') return measured;
  for (const [key, { file, expected }] of files) {
    const seen = measured.get(key);
    const digests = expected
      .filter(({ size }) => seen?.found === 'size' && seen.size === BigInt(size))
      .map(({ digest }) => digest);
    if (digests.length > 0) measured.set(key, await readUntilSure(file, digests, measuring));
  }
  return measured;
}

interface ClaimedFile {
  readonly file: ArtifactFile;
  readonly expected: Expected[];
}

function filesOf(claims: readonly Claim[], run: Pin): Map<string, ClaimedFile> {
  const files = new Map<string, ClaimedFile>();
  for (const { names, expected } of claims) {
    if (names === null) continue;
    const known = files.get(keyOf(names)) ?? { file: { run, names }, expected: [] };
    if (expected !== null) known.expected.push(expected);
    files.set(keyOf(names), known);
  }
  return files;
}

async function lookAt(file: ArtifactFile, { disk, signal }: Measuring): Promise<Measurement> {
  const seen = await disk.perform(look(file), signal).catch(faultOf);
  return seen.found === 'regular' ? { found: 'size', size: seen.stats.size } : seen;
}

/**
 * Reads a file until one reading can be believed, at most four times: again when it changed meanwhile, which twice is
 * an answer; again when only its `ctime` moved, and then the digest is believed; and again before a mismatch is called
 * one, because memory and cables err too.
 */
async function readUntilSure(
  file: ArtifactFile,
  digests: readonly string[],
  { hashFile, disk, signal, onBytes }: Measuring,
): Promise<Measurement> {
  const seen = { content: 0, ctime: 0, mismatch: 0 };
  for (;;) {
    const reading = await hashFile(file, { disk, signal, onBytes }).catch(faultOf);
    if (reading.found !== 'read') return reading;
    const { change, size, digest } = reading;
    if (change === 'content') {
      seen.content += 1;
      if (seen.content === 2) return { found: 'changing' };
    } else if (change === 'ctime' && seen.ctime === 0) {
      seen.ctime += 1;
    } else {
      seen.mismatch += 1;
      const matches = digests.every((expected) => expected === digest);
      if (matches || seen.mismatch === 2) return { found: 'content', size, digest };
    }
  }
}

/** A fault of the disk becomes what was found; a shortage of ours says nothing about the file and ends the inspection. */
function faultOf(fault: unknown): Measurement {
  if (fault instanceof Stalled) return { found: 'stalled', milliseconds: fault.milliseconds };
  const shortage = shortageOf(fault);
  if (shortage !== null) throw new Refusal(busy(shortage));
  const errno = errnoOf(fault);
  if (errno === null) throw fault;
  return { found: 'unreadable', errno };
}
