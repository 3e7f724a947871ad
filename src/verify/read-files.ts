/** Reads files of the right size until what each of them has is certain, and reports each as soon as it is. */

import { createYield, forEachConcurrently } from '../concurrency/cooperative.ts';
import { endWork, type Canceller } from '../concurrency/abort.ts';
import type { Disk } from '../jobs/disk.ts';
import type { RunAddress } from '../repository/open-run.ts';
import {
  compareUrgency,
  isCritical,
  isExpected,
  isToRead,
  settle,
  type ClaimedFile,
  type Urgency,
} from './claimed-file.ts';
import { measurementOf, OutOfTime, OUT_OF_TIME, type Measurement } from './measurement.ts';
import type { Memo } from './memo.ts';
import { mayRemember } from './memo-rule.ts';
import type { Meter } from './progress.ts';
import type { KeyedFile, ReadSession, SharedRead } from './shared-reads.ts';

/** How the files of one run are read. */
export interface RunReading {
  readonly disk: Disk;
  readonly run: RunAddress;
  /** Identity of the run manifest: what was read beside another one is of another run, or of another moment of it. */
  readonly revision: string;
  readonly reads: ReadSession;
  /** Null without one, and for a running run: whoever writes it has not ended. */
  readonly memo: Memo | null;
  /** Ends all reading, with `OutOfTime` when the budget is over, and with the first reason why the inspection cannot go on. */
  readonly cancellation: Canceller;
  /** Whether there may not be time for everything: then what matters most comes first. */
  readonly isHurried: boolean;
  readonly meter: Meter;
  /** Takes the bytes of every chunk that is read for this inspection. */
  readonly onBytes: (count: number) => void;
}

/** A file on its way to a verdict. */
export interface PendingFile extends KeyedFile {
  readonly claimed: ClaimedFile;
  /** Its revision when it was looked at; `""` when it was not. */
  readonly identity: string;
  /** Names the read that is next. */
  key: string;
  /** Reads so far, and the bytes that progress has reported. */
  attempts: number;
  reported: number;
}

type AnyRead = SharedRead | typeof OUT_OF_TIME;

/** Reads under way at once: enough for every thread to have some, few enough not to fill memory. */
const READS = 16;
/** Small files are read together: as many as this, and as many bytes. */
const GROUP = { files: 256, bytes: 1 << 20 };
/** Those of a group whose time is over are read in vain. */
const HURRIED_GROUP = { files: 16, bytes: 1 << 16 };
/** Bytes of a call that is over so soon that it goes first. */
const SMALL_CALL = 1 << 20;

/** Reads files; `report` takes each by its path from the run directory. */
export async function readFiles(
  files: readonly PendingFile[],
  reading: RunReading,
  report: (path: string, measurement: Measurement) => void,
): Promise<void> {
  const { isHurried } = reading;
  const inOrder = files.toSorted(isHurried ? byUrgency : bySize);
  const isSmall = files.reduce((sum, { size }) => sum + size, 0) <= SMALL_CALL;
  const taskClass = isHurried || isSmall ? 'urgent' : 'bulk';
  const groups = groupsOf(inOrder, isHurried ? HURRIED_GROUP : GROUP);
  const read: ReadGroup = (group) => readTogether(group, reading, taskClass);
  const yieldIfDue = createYield();
  await forEachConcurrently(groups, READS, async (group) => {
    const reads = await read(group).catch(endWork(reading.cancellation));
    await yieldIfDue();
    for (const [index, file] of group.entries()) {
      const first = reads[index] ?? OUT_OF_TIME;
      const seen = { content: 0, ctime: 0, mismatch: 0 };
      // Nearly always the first read is believed: a promise for each would cost as much as hashing a small file.
      const measurement =
        certainMeasurement(file, first, seen, reading) ?? (await readFileAgain(file, seen, read, reading));
      report(file.claimed.path, measurement);
      settle(file.claimed, measurement, file.reported, reading.meter);
    }
  });
}

/** Giants first, so that no thread is left with one while the others have nothing to do. */
function bySize(a: PendingFile, b: PendingFile): number {
  return b.size - a.size;
}

function byUrgency(a: PendingFile, b: PendingFile): number {
  return compareUrgency(urgencyOfFile(a), urgencyOfFile(b));
}

function urgencyOfFile({ claimed, size }: PendingFile): Urgency {
  return { critical: isCritical(claimed), size };
}

/** Files in their order, the small ones in groups. */
function groupsOf(files: readonly PendingFile[], most: typeof GROUP): PendingFile[][] {
  const groups: PendingFile[][] = [];
  let last: PendingFile[] = [];
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

type ReadGroup = (group: readonly PendingFile[]) => Promise<readonly AnyRead[]>;

/** Reads files once; `OUT_OF_TIME` for all of them when the budget is over. */
async function readTogether(
  group: readonly PendingFile[],
  { run, revision, cancellation, reads, meter, onBytes }: RunReading,
  taskClass: 'urgent' | 'bulk',
): Promise<readonly AnyRead[]> {
  for (const file of group) {
    file.attempts += 1;
    file.key = `${run.dev}|${run.ino}|${revision}|${file.attempts}|${file.size}|${file.identity}|${file.path}`;
  }
  const onProgress = (index: number, total: number): void => {
    const file = group[index];
    if (file !== undefined) reportBytes(file, total, meter);
  };
  try {
    return await reads.read({ run, cancellation, files: group, taskClass, onBytes, onProgress });
  } catch (reason) {
    if (reason instanceof OutOfTime) return group.map(() => OUT_OF_TIME);
    throw reason;
  }
}

/**
 * Reports bytes that no earlier read of this file has reported. The last one is done with the verdict: a file that has grown has one
 * more, and one that has to be read once more may have no time for that.
 */
function reportBytes(file: PendingFile, total: number, meter: Meter): void {
  const [claim] = file.claimed.claims;
  const most = Math.min(total, file.size - 1);
  if (claim === undefined || most <= file.reported) return;
  meter.read(claim.participant, claim.record.logical_name, most - file.reported);
  file.reported = most;
}

/** How often a file was seen in doubtful states. */
interface Retries {
  content: number;
  ctime: number;
  mismatch: number;
}

/**
 * Reads a file until one read can be believed, at most four times in all: again when it changed meanwhile, which twice is an
 * answer; again when only its `ctime` moved, and then the digest is believed; and again before a mismatch is called one, because
 * memory and cables err too.
 */
async function readFileAgain(
  file: PendingFile,
  seen: Retries,
  read: ReadGroup,
  reading: RunReading,
): Promise<Measurement> {
  for (;;) {
    const [again = OUT_OF_TIME] = await read([file]);
    const measurement = certainMeasurement(file, again, seen, reading);
    if (measurement !== null) return measurement;
  }
}

/** What a read says for certain; null when the file has to be read again. */
function certainMeasurement(
  file: PendingFile,
  read: AnyRead,
  seen: Retries,
  { memo }: RunReading,
): Measurement | null {
  // Of another size than it was looked at with: wrong, or a claim waits that expects the new one.
  if (read.type === 'regular' && isToRead(file.claimed, read.size)) return { type: 'changing' };
  if (read.type !== 'content') return measurementOf(read);
  const { change, size, digest, identity, bytesRead } = read;
  if (change === 'content') {
    seen.content += 1;
    return seen.content === 2 ? { type: 'changing' } : null;
  }
  if (change === 'ctime' && seen.ctime === 0) {
    seen.ctime += 1;
    return null;
  }
  seen.mismatch += 1;
  // A digest of fewer bytes than the file has is that of another file.
  const matches = bytesRead === file.size && size === file.size && isExpected(file.claimed, size, digest);
  if (mayRemember(file.claimed, read)) memo?.remember(identity, digest);
  if (!matches && seen.mismatch < 2) return null;
  // It has grown since the look, and was cut off: that digest must not be held against a claim of the new size.
  if (size !== file.size && isToRead(file.claimed, size)) return { type: 'changing' };
  return { type: 'content', size, digest, identity, isRemembered: false };
}
