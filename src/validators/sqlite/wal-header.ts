/** Reads the header of a write-ahead log: whether SQLite would read the log at all. */

import type { ArtifactFile } from '../../content/validator.ts';

/** Bytes of the header; frames stand behind. */
export const WAL_HEADER = 32;
/** What the checksum is of; it stands behind. */
const SUMMED = 24;
/** The last bit tells in which order of bytes checksums are made. */
const WAL_MAGIC = 0x377f0682;
const WAL_VERSION = 3_007_000;

/** Whether there is a log; of one without a valid header SQLite ignores everything. */
export async function readWalHeader(log: ArtifactFile): Promise<'empty' | 'valid' | 'invalid'> {
  const header = await headOf(log, WAL_HEADER);
  if (header.length === 0) return 'empty';
  return header.length === WAL_HEADER && isValid(header) ? 'valid' : 'invalid';
}

/** The first bytes, at most `most`: what is recorded of a file beside another proves nothing, reading it does. */
export async function headOf(file: ArtifactFile, most: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of file.chunks()) {
    parts.push(chunk);
    length += chunk.length;
    if (length >= most) break;
  }
  return Buffer.concat(parts).subarray(0, most);
}

/** See https://www.sqlite.org/fileformat2.html#walformat. */
function isValid(header: Buffer): boolean {
  const magic = header.readUInt32BE(0);
  const pageSize = pageSizeIn(header);
  const isPageSize = pageSize >= 512 && pageSize <= 65_536 && Number.isInteger(Math.log2(pageSize));
  if (magic >>> 1 !== WAL_MAGIC >>> 1 || header.readUInt32BE(4) !== WAL_VERSION || !isPageSize) return false;
  const [first, second] = checksumOf(header.subarray(0, SUMMED), readsBigEndian(header));
  return header.readUInt32BE(24) === first && header.readUInt32BE(28) === second;
}

export function pageSizeIn(header: Buffer): number {
  return header.readUInt32BE(8);
}

/** In which order of bytes checksums are made. */
export function readsBigEndian(header: Buffer): boolean {
  return header.readUInt32BE(0) !== WAL_MAGIC;
}

/** Its two halves. Checksums of a log go on from one frame to the next. */
export type Checksum = readonly [number, number];

/** @param bytes - a multiple of 8. */
export function checksumOf(bytes: Buffer, isBigEndian: boolean, sum: Checksum = [0, 0]): Checksum {
  let [first, second] = sum;
  const word = (at: number): number => (isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at));
  for (let at = 0; at < bytes.length; at += 8) {
    first = (first + word(at) + second) >>> 0;
    second = (second + word(at + 4) + first) >>> 0;
  }
  return [first, second];
}
