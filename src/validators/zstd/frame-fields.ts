/**
 * The fields of zstd frames (RFC 8878, section 3.1), a step each: a step checks the field that is complete and sets which one follows.
 * So no more of a file is held than its chunk, one field and one header.
 */

import { flagsOf, frameOf, type FrameFlags, type ZstdFrame } from './frame-header.ts';

/** Bytes of one frame; skippable frames have none. */
export interface FramePiece {
  readonly frame: ZstdFrame;
  readonly bytes: Uint8Array;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** Whether a compressed block has begun: only in such a one can a dictionary be missing. */
  readonly isCompressed: boolean;
}

/** Runs when a field is complete; null, or what is wrong. */
type FrameStep = (walk: FrameWalk) => string | null;

/** Holds where the walk over one file is, and what is known of the frame it is in. */
export interface FrameWalk {
  /** The field that is being read: its first `filled` bytes, of `needed`, are there. What stands behind them is of earlier fields. */
  readonly field: Buffer;
  filled: number;
  /** Bytes of the field; 0 when the step follows on what is passed over. */
  needed: number;
  /** Bytes to be passed over before the next field, in this chunk and the following ones. */
  skip: number;
  step: FrameStep;
  chunk: Uint8Array;
  /** Where the chunk begins in the file. */
  offset: number;
  /** Where the next byte stands in the chunk. */
  at: number;
  /** Where in the chunk the bytes of the frame begin that no piece holds yet. */
  pending: number;
  /** Those of the chunk, in the order of the file. */
  pieces: FramePiece[];
  /** The fields of the header so far, copied: it may have begun in an earlier chunk. */
  header: Buffer[];
  /** Null before a header is complete, and between frames. */
  frame: ZstdFrame | null;
  flags: FrameFlags;
  isLastBlock: boolean;
  isCompressed: boolean;
}

const FRAME_MAGIC = 0xfd2fb528;
/** The last four bits of a skippable frame's magic number are free. */
const SKIPPABLE_FRAME = 0x184d2a50;
const MOST_BLOCK = 128 * 1_024;
const LONGEST_FIELD = 16;

/** Creates the walk that stands before the first frame of a file. */
export function createFrameWalk(): FrameWalk {
  const field = Buffer.alloc(LONGEST_FIELD);
  return {
    field,
    filled: 0,
    needed: 4,
    skip: 0,
    step: readMagic,
    chunk: field,
    offset: 0,
    at: 0,
    pending: 0,
    pieces: [],
    header: [],
    frame: null,
    flags: flagsOf(0),
    isLastBlock: false,
    isCompressed: false,
  };
}

/** Reads the magic number that a frame begins with. A file may end before this step, and before no other. */
export function readMagic(walk: FrameWalk): string | null {
  const number = walk.field.readUInt32LE();
  if (number === FRAME_MAGIC) {
    walk.header = [copiedField(walk)];
    return expectField(walk, 1, readDescriptor);
  }
  if (Math.floor(number / 16) * 16 !== SKIPPABLE_FRAME)
    return `no frame begins at byte ${walk.offset + walk.at - 4}`;
  return expectField(walk, 4, readSkippableSize);
}

function readSkippableSize(walk: FrameWalk): null {
  walk.skip = walk.field.readUInt32LE();
  return expectField(walk, 4, readMagic);
}

function readDescriptor(walk: FrameWalk): string | null {
  const byte = walk.field.readUInt8();
  if ((byte & 0x08) !== 0) return `a reserved bit is set before byte ${walk.offset + walk.at}`;
  const flags = flagsOf(byte);
  walk.flags = flags;
  walk.header.push(copiedField(walk));
  return expectField(
    walk,
    Number(!flags.isSingle) + flags.dictionaryBytes + flags.contentBytes,
    readHeaderRest,
  );
}

function readHeaderRest(walk: FrameWalk): null {
  walk.header.push(copiedField(walk));
  const frame = frameOf(walk.field.subarray(0, walk.needed), walk.flags);
  const bytes = Buffer.concat(walk.header);
  walk.frame = frame;
  walk.isCompressed = false;
  walk.pieces.push({ frame, bytes, isFirst: true, isLast: false, isCompressed: false });
  walk.pending = walk.at;
  return expectField(walk, 3, readBlockHeader);
}

function readBlockHeader(walk: FrameWalk): string | null {
  const word = walk.field.readUIntLE(0, 3);
  const type = (word >> 1) & 0x03;
  const size = word >> 3;
  const most = Math.min(MOST_BLOCK, Number(walk.frame?.windowSize ?? 0));
  if (type === 3 || size > most) return `a broken block begins at byte ${walk.offset + walk.at - 3}`;
  walk.isLastBlock = (word & 1) !== 0;
  walk.isCompressed ||= type === 2;
  walk.skip = type === 1 ? 1 : size;
  return walk.skip === 0 ? endBlock(walk) : expectField(walk, 0, endBlock);
}

function endBlock(walk: FrameWalk): null {
  if (!walk.isLastBlock) return expectField(walk, 3, readBlockHeader);
  return walk.flags.hasChecksum ? expectField(walk, 4, endFrame) : endFrame(walk);
}

/** Runs behind the checksum, where there is one, which is passed over as well. */
function endFrame(walk: FrameWalk): null {
  addPiece(walk, true);
  walk.frame = null;
  return expectField(walk, 4, readMagic);
}

/** Adds a piece of the bytes up to the next one that no piece holds yet; none outside of frames. */
export function addPiece(walk: FrameWalk, isLast: boolean): void {
  const { frame, chunk, pending, at, isCompressed } = walk;
  const bytes = chunk.subarray(pending, at);
  if (frame !== null) walk.pieces.push({ frame, bytes, isFirst: false, isLast, isCompressed });
  walk.pending = at;
}

function expectField(walk: FrameWalk, bytes: number, step: FrameStep): null {
  walk.needed = bytes;
  walk.step = step;
  return null;
}

function copiedField({ field, needed }: FrameWalk): Buffer {
  return Buffer.from(field.subarray(0, needed));
}
