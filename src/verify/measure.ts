/**
 * Claims come in, what the disk says about their files goes out: first kind and size of all of them, then, where the
 * size is right, size and digest from one read.
 */

import type { Cancellation } from '../cancellation.ts';
import { busy, Refusal } from '../errors.ts';
import type { Level } from '../model.ts';
import type { Disk } from '../store/disk.ts';
import { shortageNamed } from '../store/errno.ts';
import type { Kind } from '../store/pin.ts';
import type { Located } from '../store/resolve.ts';
import type { Claim } from './claims.ts';
import type { Content, Look, Names, Reading, Revision, Trouble } from './hashing/hash-file.ts';
import type { Hasher } from './hashing/hasher.ts';
import type { Memo } from './memo.ts';
import type { Meter } from './progress.ts';
import type { Participation, Read } from './sharing.ts';

/** What the disk says about one file. */
export type Measurement =
  | { readonly found: 'missing' }
  | { readonly found: 'not regular'; readonly kind: Kind }
  | { readonly found: 'unreadable'; readonly errno: string }
  | { readonly found: 'stalled'; readonly milliseconds: number }
  /** Looked at; not read, because it need not be. */
  | { readonly found: 'size'; readonly size: bigint }
  /** Not read, although it should have been. */
  | { readonly found: 'unread'; readonly why: string }
  | {
      readonly found: 'content';
      readonly size: number;
      readonly digest: string;
      /** Whether the digest comes from the memo. */
      readonly isRemembered: boolean;
    }
  | { readonly found: 'changing' };

/** How the files of one run are measured. */
export interface Measuring {
  readonly run: Located;
  readonly level: Level;
  readonly disk: Disk;
  readonly hasher: Hasher;
  readonly reads: Participation;
  readonly memo: Memo | null;
  /** Ends all reading, with `OutOfTime` when the budget is over. */
  readonly cancellation: Cancellation;
  /** Whether there may not be time for everything: then what matters most comes first. */
  readonly isHurried: boolean;
  readonly meter: Meter;
  /** Is told of every chunk that is read for this inspection, in bytes. */
  readonly onBytes: (count: number) => void;
}

/** The time budget is over: the reason of the cancellation that ends reading. */
export class OutOfTime extends Error {}

const OUT_OF_TIME = { found: 'unread', why: 'the time budget is over' } as const;

/** The key of a file in what was measured: its path from the run directory. */
export function keyOf(names: Names): string {
  return names.join('/');
}

/** Measures every file that is claimed, once. */
export async function measure(
  claims: readonly Claim[],
  measuring: Measuring,
): Promise<ReadonlyMap<string, Measurement>> {
  const { level, meter, isHurried } = measuring;
  const measured = new Map<string, Measurement>();
  const files = level === 'none' ? [] : filesOf(claims);
  const claimed = totalOf(claims);
  const looked = totalOf(files.flatMap((file) => file.claims));
  meter.begin(claimed.bytes, claimed.artifacts);
  meter.settle(claimed.artifacts - looked.artifacts, claimed.bytes - looked.bytes);

  const toRead: FileToRead[] = [];
  const looks = await lookAtAll(files, measuring);
  for (const [index, file] of files.entries()) {
    const look = looks[index] ?? OUT_OF_TIME;
    measured.set(file.key, measurementOf(look));
    const digests = look.found === 'regular' && level === 'digest' ? digestsFor(file, look.size) : [];
    if (look.found === 'regular' && digests.length > 0)
      toRead.push({ ...file, look, digests, attempts: 0, told: 0 });
    else settle(file, 0, meter);
  }
  toRead.sort(isHurried ? byUrgency : bySize);
  const unknown = toRead.filter((file) => {
    const known = recalled(file, measuring);
    if (known !== null) measured.set(file.key, known);
    return known === null;
  });
  await forEach(groupsOf(unknown), READS, async (group) => {
    const readings = await readTogether(group, measuring);
    for (const [index, file] of group.entries()) {
      measured.set(file.key, await settled(file, readings[index] ?? OUT_OF_TIME, measuring));
    }
  });
  return measured;
}

/** Reads under way at once: enough for every thread to have some, few enough not to fill memory. */
const READS = 16;
/** Small files are read together: as many as this, and as many bytes. */
const GROUP = 64;
const GROUP_BYTES = 1 << 20;

/** A file, and the claims to it. */
interface ClaimedFile {
  readonly key: string;
  readonly names: Names;
  readonly claims: Claim[];
}

function filesOf(claims: readonly Claim[]): ClaimedFile[] {
  const files = new Map<string, ClaimedFile>();
  for (const claim of claims) {
    if (claim.names === null) continue;
    const key = keyOf(claim.names);
    const file = files.get(key) ?? { key, names: claim.names, claims: [] };
    file.claims.push(claim);
    files.set(key, file);
  }
  return [...files.values()];
}

function digestsFor({ claims }: ClaimedFile, size: bigint): string[] {
  return claims.flatMap(({ expected }) =>
    expected !== null && BigInt(expected.size) === size ? expected.digest : [],
  );
}

function totalOf(claims: readonly Claim[]): { readonly artifacts: number; readonly bytes: number } {
  const bytes = claims.reduce((sum, { record }) => sum + (record.size_bytes ?? 0), 0);
  return { artifacts: claims.length, bytes };
}

function settle({ claims }: ClaimedFile, told: number, meter: Meter): void {
  const { artifacts, bytes } = totalOf(claims);
  meter.settle(artifacts, Math.max(0, bytes - told));
}

/** Giants first, so that no thread is left with one while the others have nothing to do. */
function bySize(a: FileToRead, b: FileToRead): number {
  return Number(b.look.size - a.look.size);
}

/** Critical participants first, small artifacts first within them: the most verdicts that matter in the time there is. */
function byUrgency(a: FileToRead, b: FileToRead): number {
  return Number(isCritical(b)) - Number(isCritical(a)) || Number(a.look.size - b.look.size);
}

function isCritical({ claims }: ClaimedFile): boolean {
  return claims.some(({ critical }) => critical);
}

/** Runs work on all items, so many at once; ends with the first that fails, when none is under way any more. */
async function forEach<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const workers = Array.from({ length: Math.min(atOnce, items.length) }, async () => {
    for (const item of left) await work(item);
  });
  const ended = await Promise.allSettled(workers);
  const failed = ended.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Looks at all files; at none when the time is over. */
async function lookAtAll(
  files: readonly ClaimedFile[],
  { hasher, run, disk, cancellation }: Measuring,
): Promise<readonly (Look | Trouble)[]> {
  try {
    const asked = files.map(({ names }) => ({ names, size: 0 }));
    return await hasher.look({ run, disk, cancellation, files: asked, onBytes: () => undefined });
  } catch (reason) {
    if (reason instanceof OutOfTime) return [];
    throw reason;
  }
}

/** What the memo knows of this revision, if that is what every claim expects: a mismatch is read anew. */
function recalled(file: FileToRead, { memo, meter }: Measuring): Measurement | null {
  const digest = memo?.recall(file.look.identity) ?? null;
  if (digest === null || file.digests.some((expected) => expected !== digest)) return null;
  settle(file, 0, meter);
  return { found: 'content', size: Number(file.look.size), digest, isRemembered: true };
}

/** Files in their order, the small ones in groups. */
function groupsOf(files: readonly FileToRead[]): FileToRead[][] {
  const groups: FileToRead[][] = [];
  let bytes = Infinity;
  for (const file of files) {
    bytes += Number(file.look.size);
    const last = groups.at(-1);
    if (last !== undefined && last.length < GROUP && bytes <= GROUP_BYTES) last.push(file);
    else {
      groups.push([file]);
      bytes = Number(file.look.size);
    }
  }
  return groups;
}

/** A file on its way to a verdict. */
interface FileToRead extends ClaimedFile {
  readonly look: Revision & { readonly size: bigint };
  /** What the claims of this size expect. */
  readonly digests: readonly string[];
  /** Reads so far, and the bytes that progress was told of. */
  attempts: number;
  told: number;
}

/** Reads files once; `OUT_OF_TIME` for all of them when the budget is over. */
async function readTogether(
  group: readonly FileToRead[],
  { run, disk, cancellation, reads, meter, onBytes }: Measuring,
): Promise<readonly (Read | typeof OUT_OF_TIME)[]> {
  const done = group.map(() => 0);
  const files = group.map((file) => {
    file.attempts += 1;
    return {
      names: file.names,
      size: Number(file.look.size),
      key: [run.address.dev, run.address.ino, file.key, file.look.identity, file.attempts].join('|'),
    };
  });
  const onItsBytes = (index: number, count: number): void => {
    onBytes(count);
    const total = (done[index] ?? 0) + count;
    done[index] = total;
    const file = group[index];
    if (file !== undefined) tellBytes(file, total, meter);
  };
  try {
    return await reads.read({ run, disk, cancellation, files, onBytes: onItsBytes });
  } catch (reason) {
    if (reason instanceof OutOfTime) return group.map(() => OUT_OF_TIME);
    throw reason;
  }
}

/**
 * Reads a file until one reading can be believed, at most four times: again when it changed meanwhile, which twice is
 * an answer; again when only its `ctime` moved, and then the digest is believed; and again before a mismatch is called
 * one, because memory and cables err too.
 */
async function settled(
  file: FileToRead,
  first: Read | typeof OUT_OF_TIME,
  measuring: Measuring,
): Promise<Measurement> {
  const seen = { content: 0, ctime: 0, mismatch: 0 };
  let reading = first;
  for (;;) {
    const measurement = believed(file, reading, seen, measuring);
    if (measurement !== null) {
      settle(file, file.told, measuring.meter);
      return measurement;
    }
    [reading = OUT_OF_TIME] = await readTogether([file], measuring);
  }
}

/** What a reading says for certain; null when the file has to be read again. */
function believed(
  { digests }: FileToRead,
  reading: Read | typeof OUT_OF_TIME,
  seen: { content: number; ctime: number; mismatch: number },
  { memo }: Measuring,
): Measurement | null {
  if (reading.found !== 'read') return measurementOf(reading);
  const { change, size, digest } = reading;
  if (change === 'content') {
    seen.content += 1;
    return seen.content === 2 ? { found: 'changing' } : null;
  }
  if (change === 'ctime' && seen.ctime === 0) {
    seen.ctime += 1;
    return null;
  }
  seen.mismatch += 1;
  const matches = digests.every((expected) => expected === digest);
  if (matches && change === 'none') remember(memo, reading);
  return matches || seen.mismatch === 2 ? { found: 'content', size, digest, isRemembered: false } : null;
}

/** Tells of bytes that no earlier read of this file has told of. */
function tellBytes(file: FileToRead, total: number, meter: Meter): void {
  const [claim] = file.claims;
  if (claim === undefined || total <= file.told) return;
  meter.read(claim.participant, claim.record.logical_name, total - file.told);
  file.told = total;
}

/** A file that was touched a moment ago may be touched again without moving its times. Milliseconds. */
const SETTLED_AFTER = 2_000;

function remember(memo: Memo | null, { identity, digest, touchedAt, begunAt }: Content): void {
  if (begunAt - touchedAt >= SETTLED_AFTER) memo?.remember(identity, digest);
}

/** Turns what came of a file into a measurement; a shortage of ours says nothing about it and ends the inspection. */
function measurementOf(result: Exclude<Look | Reading, Content> | Trouble | Measurement): Measurement {
  if (result.found === 'regular') return { found: 'size', size: result.size };
  if (result.found === 'crash') return { found: 'unread', why: 'the thread that read it crashed, twice' };
  if (result.found !== 'fault') return result;
  const shortage = shortageNamed(result.errno);
  if (shortage !== null) throw new Refusal(busy(shortage));
  if (result.errno === null) throw new Error(result.message);
  return { found: 'unreadable', errno: result.errno };
}
