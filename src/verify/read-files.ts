/** Files of the right size come in, what their reads say for certain goes out, each as soon as it is known. */

import type { Cancellation } from '../cancellation.ts';
import type { Located } from '../store/resolve.ts';
import { isCritical, isExpected, isToRead, settle, type ClaimedFile } from './claimed-file.ts';
import { measurementOf, OutOfTime, OUT_OF_TIME, type Measurement } from './measurement.ts';
import type { Memo } from './memo.ts';
import type { Meter } from './progress.ts';
import type { KeyedFile, Participation, Read } from './sharing.ts';

/** How the files of one run are read. */
export interface ReadingRun {
  readonly run: Located;
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

/** A file on its way to a verdict. */
export interface FileToRead extends KeyedFile {
  readonly claimed: ClaimedFile;
  /** Its revision when it was looked at. */
  readonly identity: string;
  /** Names the read that is next. */
  key: string;
  /** Reads so far, and the bytes that progress was told of. */
  attempts: number;
  told: number;
}

type Reading = Read | typeof OUT_OF_TIME;

/** Reads under way at once: enough for every thread to have some, few enough not to fill memory. */
const READS = 16;
/** Small files are read together: as many as this, and as many bytes. */
const GROUP = { files: 256, bytes: 1 << 20 };
/** Those of a group whose time is over are read in vain. */
const HURRIED_GROUP = { files: 16, bytes: 1 << 16 };

/** Reads files; `tell` is told of each by its path from the run directory. */
export async function readFiles(
  files: readonly FileToRead[],
  reading: ReadingRun,
  tell: (path: string, measurement: Measurement) => void,
): Promise<void> {
  const { isHurried } = reading;
  const inOrder = files.toSorted(isHurried ? byUrgency : bySize);
  const groups = groupsOf(inOrder, isHurried ? HURRIED_GROUP : GROUP);
  await forEach(groups, READS, async (group) => {
    const reads = await readTogether(group, reading);
    for (const [index, file] of group.entries()) {
      const first = reads[index] ?? OUT_OF_TIME;
      const seen = { content: 0, ctime: 0, mismatch: 0 };
      // Nearly always the first read is believed: a promise for each would cost as much as hashing a small file.
      const measurement = believed(file, first, seen, reading) ?? (await readAgain(file, seen, reading));
      tell(file.claimed.path, measurement);
      settle(file.claimed, file.told, reading.meter);
    }
  });
}

/** Giants first, so that no thread is left with one while the others have nothing to do. */
function bySize(a: FileToRead, b: FileToRead): number {
  return b.size - a.size;
}

/** Critical participants first, small artifacts first within them: the most verdicts that matter in the time there is. */
function byUrgency(a: FileToRead, b: FileToRead): number {
  return Number(isCritical(b.claimed)) - Number(isCritical(a.claimed)) || a.size - b.size;
}

/** Files in their order, the small ones in groups. */
function groupsOf(files: readonly FileToRead[], most: typeof GROUP): FileToRead[][] {
  const groups: FileToRead[][] = [];
  let last: FileToRead[] = [];
  let bytes = Infinity;
  for (const file of files) {
    bytes += file.size;
    if (last.length < most.files && bytes <= most.bytes) last.push(file);
    else {
      groups.push((last = [file]));
      bytes = file.size;
    }
  }
  return groups;
}

/** Runs work on all items, so many at once; ends with the first that fails, when none is under way any more. */
async function forEach<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  let hasFailed = false;
  const workers = Array.from({ length: Math.min(atOnce, items.length) }, async () => {
    for (const item of left) {
      if (hasFailed) return;
      await work(item).catch((reason: unknown) => {
        hasFailed = true;
        throw reason;
      });
    }
  });
  const ended = await Promise.allSettled(workers);
  const failed = ended.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Reads files once; `OUT_OF_TIME` for all of them when the budget is over. */
async function readTogether(
  group: readonly FileToRead[],
  { run, cancellation, reads, meter, onBytes }: ReadingRun,
): Promise<readonly Reading[]> {
  const { dev, ino } = run.address;
  for (const file of group) {
    file.attempts += 1;
    file.key = `${dev}|${ino}|${file.attempts}|${file.identity}|${file.claimed.path}`;
  }
  const onProgress = (index: number, total: number): void => {
    const file = group[index];
    if (file !== undefined) tellBytes(file, total, meter);
  };
  try {
    return await reads.read({ run, cancellation, files: group, onBytes, onProgress });
  } catch (reason) {
    if (reason instanceof OutOfTime) return group.map(() => OUT_OF_TIME);
    throw reason;
  }
}

/** Tells of bytes that no earlier read of this file has told of. */
function tellBytes(file: FileToRead, total: number, meter: Meter): void {
  const [claim] = file.claimed.claims;
  if (claim === undefined || total <= file.told) return;
  meter.read(claim.participant, claim.record.logical_name, total - file.told);
  file.told = total;
}

/** How often a file was seen in doubtful states. */
interface Seen {
  content: number;
  ctime: number;
  mismatch: number;
}

/**
 * Reads a file until one reading can be believed, at most four times in all: again when it changed meanwhile, which twice
 * is an answer; again when only its `ctime` moved, and then the digest is believed; and again before a mismatch is called
 * one, because memory and cables err too.
 */
async function readAgain(file: FileToRead, seen: Seen, reading: ReadingRun): Promise<Measurement> {
  for (;;) {
    const [read = OUT_OF_TIME] = await readTogether([file], reading);
    const measurement = believed(file, read, seen, reading);
    if (measurement !== null) return measurement;
  }
}

/** What a reading says for certain; null when the file has to be read again. */
function believed(file: FileToRead, read: Reading, seen: Seen, { memo }: ReadingRun): Measurement | null {
  if (read.found !== 'read') return measurementOf(read);
  const { change, size, digest, identity } = read;
  if (change === 'content') {
    seen.content += 1;
    return seen.content === 2 ? { found: 'changing' } : null;
  }
  if (change === 'ctime' && seen.ctime === 0) {
    seen.ctime += 1;
    return null;
  }
  seen.mismatch += 1;
  const matches = isExpected(file.claimed, file.size, digest);
  if (matches && change === 'none' && read.isSettled) memo?.remember(identity, digest);
  if (!matches && seen.mismatch < 2) return null;
  // It has grown since the look, and was cut off: that digest must not be held against a claim of the new size.
  if (size !== file.size && isToRead(file.claimed, size)) return { found: 'changing' };
  return { found: 'content', size, digest, identity, isRemembered: false };
}
