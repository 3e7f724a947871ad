/**
 * Walks over the frames of a zstd file and finds what is wrong with their structure (RFC 8878): magic numbers, headers, blocks, nothing
 * missing, nothing behind the last. What is in the blocks is passed over.
 */

import { addPiece, createFrameWalk, readMagic, type FramePiece, type FrameWalk } from './frame-fields.ts';

/** Walks over one file. */
export interface FrameWalker {
  /** Takes the next bytes and returns the pieces of frames in them, in the order of the file; a text is what is wrong. */
  push(chunk: Uint8Array): readonly FramePiece[] | string;
  /** Ends the file; null when the last frame is whole, else what is wrong. */
  end(): string | null;
}

/** Creates a walker over one file, cut into chunks of any sizes. */
export function createFrameWalker(): FrameWalker {
  const walk = createFrameWalk();
  return {
    push: (chunk) => walkOver(walk, chunk),
    end: () => endWalk(walk),
  };
}

function walkOver(walk: FrameWalk, chunk: Uint8Array): readonly FramePiece[] | string {
  walk.chunk = chunk;
  walk.at = 0;
  walk.pending = 0;
  walk.pieces = [];
  while (walk.at < chunk.length) {
    const flaw = walk.skip > 0 ? passOverContent(walk) : fillField(walk);
    if (flaw !== null) return flaw;
  }
  addPiece(walk, false);
  walk.offset += chunk.length;
  walk.at = 0;
  return walk.pieces;
}

function passOverContent(walk: FrameWalk): string | null {
  const taken = Math.min(walk.skip, walk.chunk.length - walk.at);
  walk.skip -= taken;
  walk.at += taken;
  return walk.skip === 0 && walk.needed === 0 ? walk.step(walk) : null;
}

function fillField(walk: FrameWalk): string | null {
  const taken = walk.chunk.subarray(walk.at, walk.at + walk.needed - walk.filled);
  walk.field.set(taken, walk.filled);
  walk.filled += taken.length;
  walk.at += taken.length;
  if (walk.filled < walk.needed) return null;
  walk.filled = 0;
  return walk.step(walk);
}

function endWalk({ step, filled, skip, offset }: FrameWalk): string | null {
  const isWhole = step === readMagic && filled === 0 && skip === 0;
  return isWhole ? null : `it ends at byte ${offset}, before a frame does`;
}
