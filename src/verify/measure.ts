/**
 * Claims come in, what the disk says about their files goes out: first kind and size of all of them, then, where the
 * size is right, size and digest from one read.
 */

import type { Level } from '../model.ts';
import type { Claim } from './claims.ts';
import { bytesOf, filesOf, isExpected, isToRead, settle, type ClaimedFile } from './claimed-file.ts';
import type { Look, Trouble } from './hashing/hash-file.ts';
import type { Hasher } from './hashing/hasher.ts';
import { measurementOf, OutOfTime, OUT_OF_TIME, type Measurement, type Measurements } from './measurement.ts';
import { readFiles, type FileToRead, type ReadingRun } from './read-files.ts';

/** How the files of one run are measured. */
export interface Measuring extends ReadingRun {
  readonly level: Level;
  readonly hasher: Hasher;
}

/** Measures every file that is claimed, once. */
export async function measure(claims: readonly Claim[], measuring: Measuring): Promise<Measurements> {
  const { level, meter } = measuring;
  const files = level === 'none' ? [] : filesOf(claims);
  meter.begin(bytesOf(claims), claims.length);
  const unlooked = level === 'none' ? claims : claims.filter(({ names }) => names === null);
  meter.settle(unlooked.length, bytesOf(unlooked));

  const measured = new Map<string, Measurement>();
  const toRead: FileToRead[] = [];
  const looks = await lookAtAll(files, measuring);
  files.forEach((file, index) => {
    const judged = judgeLook(file, looks[index] ?? OUT_OF_TIME, measuring);
    if ('claimed' in judged) toRead.push(judged);
    else {
      measured.set(file.path, judged);
      settle(file, 0, meter);
    }
  });
  await readFiles(toRead, measuring, (path, measurement) => measured.set(path, measurement));
  return measured;
}

/** Looks at all files; at none when the time is over. */
async function lookAtAll(
  files: readonly ClaimedFile[],
  { hasher, run, cancellation }: Measuring,
): Promise<readonly (Look | Trouble)[]> {
  try {
    const asked = files.map(({ names }) => ({ names, size: 0 }));
    return await hasher.look({ run, cancellation, files: asked, onBytes: () => undefined });
  } catch (reason) {
    if (reason instanceof OutOfTime) return [];
    throw reason;
  }
}

/** What a look says about a file, or the file when it has to be read. */
function judgeLook(
  file: ClaimedFile,
  look: Look | Trouble | typeof OUT_OF_TIME,
  { level, memo }: Measuring,
): Measurement | FileToRead {
  if (look.found !== 'regular' || level !== 'digest' || !isToRead(file, look.size))
    return measurementOf(look);
  const { identity } = look;
  const size = Number(look.size);
  // What the memo knows of this revision counts if it is what every claim expects: a mismatch is read anew.
  const digest = memo?.recall(identity) ?? null;
  if (digest !== null && isExpected(file, size, digest))
    return { found: 'content', size, digest, identity, isRemembered: true };
  return { claimed: file, names: file.names, size, identity, key: '', attempts: 0, told: 0 };
}
