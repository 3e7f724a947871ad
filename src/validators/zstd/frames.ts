/**
 * The bytes of a zstd file come in, its frames go out, and what is wrong with their structure (RFC 8878): magic numbers, headers,
 * blocks, nothing missing, nothing behind the last. What is in the blocks is passed over.
 */

/** A frame, by its header. */
export interface ZstdFrame {
  /** Bytes it decompresses to, where it says so. */
  readonly contentSize: bigint | null;
  /** Bytes that have to be kept to decompress it. */
  readonly windowSize: bigint;
  /** Whether a dictionary is needed, which is not in the file. */
  readonly needsDictionary: boolean;
}

/** Bytes of one frame; skippable frames have none. */
export interface FramePiece {
  readonly frame: ZstdFrame;
  readonly bytes: Uint8Array;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** Walks over one file. */
export interface FrameWalker {
  /** Takes the next bytes; a text says what is wrong. */
  push(chunk: Uint8Array): readonly FramePiece[] | string;
  /** Says that there is no more; null when the last frame is whole. */
  end(): string | null;
}

const MAGIC = 0xfd2fb528;
/** The last four bits of a skippable frame's magic number are free. */
const SKIPPABLE = 0x184d2a50;
const MOST_BLOCK = 128 * 1_024;
const LONGEST_FIELD = 16;
/** Bytes of the two fields of a header, by the bits that tell. */
const DICTIONARY_BYTES = [0, 1, 2, 4];
const CONTENT_BYTES = [0, 2, 4, 8];

/** What is done when a field is complete: null, or what is wrong. */
type Step = () => string | null;

/** The flags of a frame header. */
interface Flags {
  readonly isSingle: boolean;
  readonly dictionaryBytes: number;
  readonly contentBytes: number;
}

export function createFrameWalker(): FrameWalker {
  const field = Buffer.alloc(LONGEST_FIELD);
  let filled = 0;
  let needed = 4;
  let skip = 0;
  let step: Step = magic;
  /** Where the next byte stands: in the file, and in the chunk. */
  let offset = 0;
  let at = 0;
  let chunk: Uint8Array = field;
  let pieces: FramePiece[] = [];
  let header: Buffer[] = [];
  let frame: ZstdFrame | null = null;
  let flags: Flags = { isSingle: false, dictionaryBytes: 0, contentBytes: 0 };
  let hasChecksum = false;
  let isLastBlock = false;
  /** Where the bytes of the frame begin that no piece holds yet. */
  let pending = 0;

  function expect(bytes: number, then: Step): null {
    needed = bytes;
    step = then;
    return null;
  }

  function magic(): string | null {
    const number = field.readUInt32LE();
    if (number === MAGIC) {
      header = [copied()];
      return expect(1, descriptor);
    }
    if (Math.floor(number / 16) * 16 !== SKIPPABLE) return `no frame begins at byte ${offset + at - 4}`;
    return expect(4, () => {
      skip = field.readUInt32LE();
      return expect(4, magic);
    });
  }

  function descriptor(): string | null {
    const byte = field.readUInt8();
    const isSingle = (byte & 0x20) !== 0;
    if ((byte & 0x08) !== 0) return `a reserved bit is set before byte ${offset + at}`;
    hasChecksum = (byte & 0x04) !== 0;
    const contentBytes = isSingle && byte < 0x40 ? 1 : (CONTENT_BYTES[byte >> 6] ?? 0);
    flags = { isSingle, dictionaryBytes: DICTIONARY_BYTES[byte & 0x03] ?? 0, contentBytes };
    header.push(copied());
    return expect(Number(!isSingle) + flags.dictionaryBytes + contentBytes, headerEnd);
  }

  function headerEnd(): null {
    header.push(copied());
    frame = frameOf(field.subarray(0, needed), flags);
    pieces.push({ frame, bytes: Buffer.concat(header), isFirst: true, isLast: false });
    pending = at;
    return expect(3, block);
  }

  function block(): string | null {
    const word = field.readUIntLE(0, 3);
    const type = (word >> 1) & 0x03;
    const size = word >> 3;
    const most = Math.min(MOST_BLOCK, Number(frame?.windowSize ?? 0));
    if (type === 3 || size > most) return `a broken block begins at byte ${offset + at - 3}`;
    isLastBlock = (word & 1) !== 0;
    skip = type === 1 ? 1 : size;
    return skip === 0 ? blockEnd() : expect(0, blockEnd);
  }

  function blockEnd(): null {
    if (!isLastBlock) return expect(3, block);
    return hasChecksum ? expect(4, frameEnd) : frameEnd();
  }

  function frameEnd(): null {
    flush(true);
    frame = null;
    return expect(4, magic);
  }

  function copied(): Buffer {
    return Buffer.from(field.subarray(0, needed));
  }

  function flush(isLast: boolean): void {
    if (frame !== null) pieces.push({ frame, bytes: chunk.subarray(pending, at), isFirst: false, isLast });
    pending = at;
  }

  function push(next: Uint8Array): readonly FramePiece[] | string {
    chunk = next;
    at = 0;
    pending = 0;
    pieces = [];
    while (at < chunk.length) {
      const flaw = skip > 0 ? passOver() : fill();
      if (flaw !== null) return flaw;
    }
    flush(false);
    offset += chunk.length;
    at = 0;
    return pieces;
  }

  function passOver(): string | null {
    const taken = Math.min(skip, chunk.length - at);
    skip -= taken;
    at += taken;
    return skip === 0 && needed === 0 ? step() : null;
  }

  function fill(): string | null {
    const taken = chunk.subarray(at, at + needed - filled);
    field.set(taken, filled);
    filled += taken.length;
    at += taken.length;
    if (filled < needed) return null;
    filled = 0;
    return step();
  }

  function end(): string | null {
    const isWhole = step === magic && filled === 0 && skip === 0;
    return isWhole ? null : `it ends at byte ${offset}, before a frame does`;
  }

  return { push, end };
}

function frameOf(rest: Buffer, { isSingle, dictionaryBytes, contentBytes }: Flags): ZstdFrame {
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
