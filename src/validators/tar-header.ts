/** A block of 512 bytes comes in, what a tar header says in it goes out, or what is wrong with it. */

/** Bytes of a block. */
export const BLOCK = 512;

/** A header, as far as it tells where the next one is. */
export interface TarHeader {
  readonly type: string;
  /** Bytes of data behind it, as it says; those of links and the like are none. */
  readonly size: number;
  /** Whether blocks of a sparse map stand before the data. */
  readonly isMapped: boolean;
}

const CHECKSUM = { at: 148, length: 8 } as const;
const SIZE = { at: 124, length: 12 } as const;
const TYPE = 156;
/** Whether another block of a sparse map follows: in the header, and in a block of the map. */
const MAPPED_AT = { header: 482, map: 504 } as const;

/** Links, devices, directories and FIFOs: their size is no size of data. */
const WITHOUT_DATA = '123456';

/** Reads a header; a text says what is wrong. */
export function readTarHeader(block: Uint8Array): TarHeader | string {
  const sums = sumsOf(block);
  const checksum = numberIn(block, CHECKSUM);
  if (checksum === null || !sums.includes(checksum)) return 'a wrong checksum';
  const size = numberIn(block, SIZE);
  if (size === null) return 'no size';
  const type = String.fromCharCode(block[TYPE] ?? 0);
  return {
    type,
    size: WITHOUT_DATA.includes(type) ? 0 : size,
    isMapped: type === 'S' && block[MAPPED_AT.header] === 1,
  };
}

/** Whether another block of a sparse map follows this one. */
export function isMapContinued(block: Uint8Array): boolean {
  return block[MAPPED_AT.map] === 1;
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** The sum of all bytes with spaces for the checksum; some writers took them for signed ones. */
function sumsOf(block: Uint8Array): readonly number[] {
  let unsigned = 0;
  let signed = 0;
  for (const [at, byte] of block.entries()) {
    const isChecksum = at >= CHECKSUM.at && at < CHECKSUM.at + CHECKSUM.length;
    const counted = isChecksum ? 0x20 : byte;
    unsigned += counted;
    signed += counted < 0x80 ? counted : counted - 0x100;
  }
  return [unsigned, signed];
}

/** A number in octal digits, or with its first bit set in base 256; null when it is none, or none that is safe. */
function numberIn(block: Uint8Array, { at, length }: { at: number; length: number }): number | null {
  const field = block.subarray(at, at + length);
  const [first = 0] = field;
  if (first >= 0x80) {
    const value = field.reduce((sum, byte, index) => sum * 256 + (index === 0 ? byte & 0x7f : byte), 0);
    return Number.isSafeInteger(value) ? value : null;
  }
  const [, digits] = /^ *([0-7]*)[ \0]*$/.exec(Buffer.from(field).toString('latin1')) ?? [];
  return digits === undefined ? null : Number.parseInt(digits || '0', 8);
}
