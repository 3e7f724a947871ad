/**
 * What a memo may remember, and what it may answer (pure). Two rules stand elsewhere: of a running run there is no memo at all
 * (inspect/measure-and-search.ts), and how long a file must not have been touched is said in hashing/look-at-file.ts.
 */

import type { FileContent, RegularFile } from '../hashing/look-at-file.ts';
import { isExpected, type ClaimedFile } from './claimed-file.ts';

/**
 * Only what every claim expects, of as many bytes as the file has, of a file that nobody touched during the read nor for a while
 * before: a mismatch is read anew every time, and pages that a writer has mapped reach the times of a file late.
 */
export function mayRemember(
  file: ClaimedFile,
  { change, isSettled, size, bytesRead, digest }: FileContent,
): boolean {
  return change === 'none' && isSettled && bytesRead === size && isExpected(file, size, digest);
}

/** What is known of this revision counts if it is what every claim expects. */
export function mayAnswer(file: ClaimedFile, { size }: RegularFile, digest: string): boolean {
  return isExpected(file, Number(size), digest);
}
