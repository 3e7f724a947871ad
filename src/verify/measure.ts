/**
 * Measures the files that are claimed: kind and size of all of them first, then, where the size is right, size and digest from one
 * read. Small files are judged and read at once: a look at each would cost as much as its bytes.
 */

import { createYield } from '../concurrency/cooperative.ts';
import type { FileLook, ReadFailure } from '../hashing/look-at-file.ts';
import { mayAnswer } from './memo-rule.ts';
import type { Claim } from '../manifest/claims.ts';
import type { Level } from '../model/run.ts';
import { bytesOf, filesOf, isToRead, onlySizeOf, settle, type ClaimedFile } from './claimed-file.ts';
import { measurementOf, OutOfTime, OUT_OF_TIME, type Measurement, type Measurements } from './measurement.ts';
import { readFiles, type PendingFile, type RunReading } from './read-files.ts';

/** How the files of one run are measured. */
export interface Measuring extends RunReading {
  readonly level: Level;
}

/** Files between two looks at the clock. */
const LOOK_BATCH = 256;

/** Bytes of a file that is read without a look before. */
const SMALL_FILE = 64 * 1_024;

/** Measures every file that is claimed, once. */
export async function measure(claims: readonly Claim[], measuring: Measuring): Promise<Measurements> {
  const { level, meter } = measuring;
  const files = level === 'none' ? [] : await filesOf(claims);
  meter.begin(bytesOf(claims), claims.length);
  const unlooked = level === 'none' ? claims : claims.filter(({ path }) => path === '');
  meter.settle(unlooked.length, bytesOf(unlooked));

  const measured = new Map<string, Measurement>();
  const toRead: PendingFile[] = [];
  const toLookAt: ClaimedFile[] = [];
  const yieldIfDue = createYield();
  for (const [index, file] of files.entries()) {
    if (index % LOOK_BATCH === 0) await yieldIfDue();
    const size = onlySizeOf(file);
    if (size === null || !isReadWithoutLook(size, measuring)) toLookAt.push(file);
    else toRead.push(pending(file, size));
  }
  const looks = await lookAtAll(toLookAt, measuring);
  for (const [index, file] of toLookAt.entries()) {
    if (index % LOOK_BATCH === 0) await yieldIfDue();
    const judged = sortLook(file, looks[index] ?? OUT_OF_TIME, measuring);
    if ('claimed' in judged) toRead.push(judged);
    else {
      measured.set(file.path, judged);
      settle(file, judged, 0, meter);
    }
  }
  await readFiles(toRead, measuring, (path, measurement) => measured.set(path, measurement));
  return measured;
}

/** With a time budget the sizes come first, because they are what is known when it is over; the memo goes by a look. */
function isReadWithoutLook(size: number, { level, memo, isHurried }: Measuring): boolean {
  return size <= SMALL_FILE && level === 'digest' && memo === null && !isHurried;
}

/** Looks at files; at none when the time is over. */
async function lookAtAll(
  files: readonly ClaimedFile[],
  { disk, run, cancellation }: Measuring,
): Promise<readonly (FileLook | ReadFailure)[]> {
  try {
    const wanted = files.map(({ path }) => ({ path, size: 0 }));
    return await disk.look({
      run,
      cancellation,
      files: wanted,
      taskClass: 'metadata',
      onBytes: () => undefined,
    });
  } catch (reason) {
    if (reason instanceof OutOfTime) return [];
    throw reason;
  }
}

/** What a look says about a file, or the file when it has to be read. */
function sortLook(
  file: ClaimedFile,
  look: FileLook | ReadFailure | typeof OUT_OF_TIME,
  { level, memo }: Measuring,
): Measurement | PendingFile {
  if (look.type !== 'regular' || level !== 'digest' || !isToRead(file, look.size)) return measurementOf(look);
  const { identity, isSettled } = look;
  const size = Number(look.size);
  const digest = memo?.recall(identity) ?? null;
  if (digest !== null && mayAnswer(file, look, digest))
    return { type: 'content', size, digest, identity, isRemembered: true };
  return { ...pending(file, size), identity, mayJoinEarlier: isSettled };
}

/** A file that was not looked at: its key names no revision of it, so that no read that began before a call answers that. */
function pending(claimed: ClaimedFile, size: number): PendingFile {
  const { path } = claimed;
  const rest = { identity: '', mayJoinEarlier: false, key: '', attempts: 0, reported: 0 };
  return { claimed, path, size, ...rest };
}
