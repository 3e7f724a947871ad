/** Reads tar headers: blocks of 512 bytes, each with a checksum of its own. */

/** Bytes of a block. */
export const TAR_BLOCK = 512;

/** A header, as far as it tells where the next one is. */
export interface TarHeader {
  readonly type: string;
  /** Bytes of data behind it, as it says; those of links and the like are none. */
  readonly size: number;
  /** Whether there may be data behind it; else no extended header can give it any. */
  readonly hasData: boolean;
  /** Whether blocks of a sparse map stand before the data. */
  readonly isMapped: boolean;
}

const CHECKSUM = { at: 148, length: 8 } as const;
const SIZE = { at: 124, length: 12 } as const;
const TYPE = 156;
/** Whether another block of a sparse map follows, by any byte but 0: in the header, and in a block of the map. */
const MAPPED_AT = { header: 482, map: 504 } as const;

/** Symbolic links, devices, directories and FIFOs. */
const WITHOUT_DATA = '23456';
/** Its size is that of the file it is a link to; only an extended header says that data is behind it. */
const HARD_LINK = '1';

/** Digits with blanks around them. */
const STRICT = /^ *([0-7]*)[ \0]*$/;
/** One NUL may stand before a size, and anything behind its end: what GNU tar reads. */
const LENIENT = /^(?:\0|(?!\0))[\t-\r ]*(?:([0-7]+)(?:[\t-\r \0].*)?|\0.*)?$/s;

/** Reads a header; a text says what is wrong. */
export function readTarHeader(block: Uint8Array): TarHeader | string {
  const sums = sumsOf(block);
  const checksum = numberIn(block, CHECKSUM, STRICT);
  if (checksum === null || !sums.includes(checksum)) return 'a wrong checksum';
  const size = numberIn(block, SIZE, LENIENT);
  if (size === null) return 'no size';
  const type = String.fromCharCode(block[TYPE] ?? 0);
  const hasData = !WITHOUT_DATA.includes(type);
  return {
    type,
    size: hasData && type !== HARD_LINK ? size : 0,
    hasData,
    isMapped: type === 'S' && block[MAPPED_AT.header] !== 0,
  };
}

/** Whether another block of a sparse map follows this one. */
export function isMapContinued(block: Uint8Array): boolean {
  return block[MAPPED_AT.map] !== 0;
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
function numberIn(
  block: Uint8Array,
  { at, length }: { readonly at: number; readonly length: number },
  octal: RegExp,
): number | null {
  const field = block.subarray(at, at + length);
  const [first = 0] = field;
  if (first >= 0x80) {
    const value = field.reduce((sum, byte, index) => sum * 256 + (index === 0 ? byte & 0x7f : byte), 0);
    return Number.isSafeInteger(value) ? value : null;
  }
  const found = octal.exec(Buffer.from(field).toString('latin1'));
  return found && Number.parseInt(found[1] || '0', 8);
}
