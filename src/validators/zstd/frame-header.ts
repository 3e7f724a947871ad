/** Reads the headers of zstd frames (RFC 8878, section 3.1.1.1). */

/** A frame, by its header. */
export interface ZstdFrame {
  /** Bytes it decompresses to, where it says so. */
  readonly contentSize: bigint | null;
  /** Bytes that have to be kept to decompress it. */
  readonly windowSize: bigint;
  /** Whether a dictionary is needed, which is not in the file. */
  readonly needsDictionary: boolean;
}

/** Bytes of the two fields of a header, by the bits that tell. */
const DICTIONARY_BYTES = [0, 1, 2, 4];
const CONTENT_BYTES = [0, 2, 4, 8];

/** The flags of a frame header. */
export interface FrameFlags {
  readonly hasChecksum: boolean;
  readonly isSingle: boolean;
  readonly dictionaryBytes: number;
  readonly contentBytes: number;
}

/** Reads the descriptor that a header begins with. */
export function flagsOf(byte: number): FrameFlags {
  const isSingle = (byte & 0x20) !== 0;
  return {
    hasChecksum: (byte & 0x04) !== 0,
    isSingle,
    dictionaryBytes: DICTIONARY_BYTES[byte & 0x03] ?? 0,
    contentBytes: isSingle && byte < 0x40 ? 1 : (CONTENT_BYTES[byte >> 6] ?? 0),
  };
}

/** Reads what stands behind the descriptor. */
export function frameOf(rest: Buffer, { isSingle, dictionaryBytes, contentBytes }: FrameFlags): ZstdFrame {
  const from = Number(!isSingle);
  const dictionary = rest.subarray(from, from + dictionaryBytes);
  const contentSize = contentSizeIn(
    rest.subarray(from + dictionaryBytes, from + dictionaryBytes + contentBytes),
  );
  return {
    contentSize,
    windowSize: isSingle ? (contentSize ?? 0n) : windowSizeOf(rest.readUInt8()),
    needsDictionary: dictionary.some((byte) => byte !== 0),
  };
}

function contentSizeIn(field: Buffer): bigint | null {
  if (field.length === 0) return null;
  if (field.length === 8) return field.readBigUInt64LE();
  // What two bytes could say, one byte says as well: they begin behind it.
  return BigInt(field.readUIntLE(0, field.length) + (field.length === 2 ? 256 : 0));
}

/** Five bits of an exponent, three of a mantissa. */
function windowSizeOf(byte: number): bigint {
  const base = 1n << BigInt(10 + (byte >> 3));
  return base + (base / 8n) * BigInt(byte & 0x07);
}
