/**
 * Walks over the frames of a zstd file and says what is wrong with their structure (RFC 8878): magic numbers, headers, blocks, nothing
 * missing, nothing behind the last. What is in the blocks is passed over.
 */

import { flagsOf, frameOf, type ZstdFrame } from './frame-header.ts';

/** Bytes of one frame; skippable frames have none. */
export interface FramePiece {
  readonly frame: ZstdFrame;
  readonly bytes: Uint8Array;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** Whether a compressed block has begun: only in such a one can a dictionary be missing. */
  readonly isCompressed: boolean;
}

/** Walks over one file. */
export interface FrameWalker {
  /** Takes the next bytes; a text says what is wrong. */
  push(chunk: Uint8Array): readonly FramePiece[] | string;
  /** Says that there is no more; null when the last frame is whole. */
  end(): string | null;
}

const FRAME_MAGIC = 0xfd2fb528;
/** The last four bits of a skippable frame's magic number are free. */
const SKIPPABLE_FRAME = 0x184d2a50;
const MOST_BLOCK = 128 * 1_024;
const LONGEST_FIELD = 16;
/** What is done when a field is complete: null, or what is wrong. */
type FrameStep = () => string | null;

export function createFrameWalker(): FrameWalker {
  const field = Buffer.alloc(LONGEST_FIELD);
  let filled = 0;
  let needed = 4;
  let skip = 0;
  let step: FrameStep = magic;
  /** Where the next byte stands: in the file, and in the chunk. */
  let offset = 0;
  let at = 0;
  let chunk: Uint8Array = field;
  let pieces: FramePiece[] = [];
  let header: Buffer[] = [];
  let frame: ZstdFrame | null = null;
  let flags = flagsOf(0);
  let isLastBlock = false;
  let isCompressed = false;
  /** Where the bytes of the frame begin that no piece holds yet. */
  let pending = 0;

  function expect(bytes: number, then: FrameStep): null {
    needed = bytes;
    step = then;
    return null;
  }

  function magic(): string | null {
    const number = field.readUInt32LE();
    if (number === FRAME_MAGIC) {
      header = [copied()];
      return expect(1, descriptor);
    }
    if (Math.floor(number / 16) * 16 !== SKIPPABLE_FRAME) return `no frame begins at byte ${offset + at - 4}`;
    return expect(4, () => {
      skip = field.readUInt32LE();
      return expect(4, magic);
    });
  }

  function descriptor(): string | null {
    const byte = field.readUInt8();
    if ((byte & 0x08) !== 0) return `a reserved bit is set before byte ${offset + at}`;
    flags = flagsOf(byte);
    header.push(copied());
    return expect(Number(!flags.isSingle) + flags.dictionaryBytes + flags.contentBytes, headerEnd);
  }

  function headerEnd(): null {
    header.push(copied());
    frame = frameOf(field.subarray(0, needed), flags);
    isCompressed = false;
    pieces.push({ frame, bytes: Buffer.concat(header), isFirst: true, isLast: false, isCompressed });
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
    isCompressed ||= type === 2;
    skip = type === 1 ? 1 : size;
    return skip === 0 ? blockEnd() : expect(0, blockEnd);
  }

  function blockEnd(): null {
    if (!isLastBlock) return expect(3, block);
    return flags.hasChecksum ? expect(4, frameEnd) : frameEnd();
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
    const bytes = chunk.subarray(pending, at);
    if (frame !== null) pieces.push({ frame, bytes, isFirst: false, isLast, isCompressed });
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
