/** Reads the frames of a write-ahead log: whether SQLite reads all that was committed to it. */

import { checksumOf, pageSizeIn, readsBigEndian, WAL_HEADER, type Checksum } from './wal-header.ts';

const FRAME_HEADER = 24;
/** Of the header of a frame, what the checksum is of, beside the page. */
const FRAME_SUMMED = 8;

/** Fills what it is given with the bytes from a place on, and returns how many there are. */
export type ReadAt = (into: Uint8Array, at: number) => number;

/** Where SQLite stops reading, and the transaction behind it that is lost. */
export interface LostCommit {
  /** Byte of the first frame that SQLite refuses. */
  readonly from: number;
  /** Byte of the frame that ends the transaction. */
  readonly at: number;
}

/**
 * A log is written again from its beginning, with other salts: frames with those of an earlier time are leftovers. One with the salts of the
 * header was written to this log; where its checksum is wrong, SQLite ends the log there without a word
 * (https://www.sqlite.org/fileformat2.html#walformat).
 *
 * @param readAt - of a log with a valid header.
 * @returns null where every transaction that was ended is read.
 */
export function findLostCommit(readAt: ReadAt): LostCommit | null {
  const header = Buffer.alloc(WAL_HEADER);
  readAt(header, 0);
  const frame = Buffer.alloc(FRAME_HEADER + pageSizeIn(header));
  const isBigEndian = readsBigEndian(header);
  let sum: Checksum = [header.readUInt32BE(24), header.readUInt32BE(28)];
  let from: number | null = null;
  for (let at = WAL_HEADER; ; at += frame.length) {
    const length = readAt(frame, at);
    if (length < FRAME_HEADER) return null;
    const isOwn = frame.compare(header, 16, 24, 8, 16) === 0;
    sum = checksumOf(frame.subarray(0, FRAME_SUMMED), isBigEndian, sum);
    sum = checksumOf(frame.subarray(FRAME_HEADER), isBigEndian, sum);
    // SQLite takes none for a page 0 either, however right its checksum is.
    const isRead = length === frame.length && isOwn && isSum(frame, sum) && frame.readUInt32BE(0) !== 0;
    if (!isRead) from ??= at;
    if (from !== null && isOwn && isCommit(frame)) return { from, at };
  }
}

function isSum(frame: Buffer, [first, second]: Checksum): boolean {
  return frame.readUInt32BE(16) === first && frame.readUInt32BE(20) === second;
}

/** Such a frame holds how many pages the database has then. */
function isCommit(frame: Buffer): boolean {
  return frame.readUInt32BE(4) !== 0;
}
