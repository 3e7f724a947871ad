/** zstd files: the structure of all frames everywhere, what is in them where Node.js has an engine. */

import * as zlib from 'node:zlib';
import { checked, exactly } from '../../model/check-options.ts';
import {
  inflate,
  maxBytes,
  outputChunk,
  type CompressedOptions,
  type Ended,
  type Engine,
  type Inflation,
} from '../inflate.ts';
import { appliesTo, beginsWith, kindEntries, mayBeginWith, recognised } from '../kind.ts';
import type { ArtifactFile, ValidationContext, Validator, Verdict } from '../../content/validator.ts';
import type { FramePiece } from './frame-fields.ts';
import type { ZstdFrame } from './frame-header.ts';
import { createFrameWalker } from './frames.ts';

const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd] as const;
/** Behind its first byte, of which the last four bits are free: a frame that holds nothing. */
const SKIPPABLE_MAGIC = [0x2a, 0x4d, 0x18] as const;

/** Bytes of its header. */
const SKIPPED = 8;

/** The largest window the engine takes without being told to. */
const MOST_WINDOW = 1n << 27n;

/**
 * Creates a validator of zstd files. On every Node.js the structure of all frames is checked, which finds truncation; what is
 * in them only where `node:zlib` has zstd (22.15, 23.8 and later): elsewhere a file is not verified. Neither is a frame that fails inside:
 * no engine can tell damage there from a dictionary that the frame does not name.
 * Applies to `.zst` and `.tzst`, and to files that begin like zstd; one that does not is not verified.
 *
 * @throws TypeError for options of a wrong type.
 */
export function zstd(options: CompressedOptions = {}): Validator {
  const schema = exactly({ ...kindEntries(/\.t?zst$/i), maxBytes });
  const settings = checked(schema, options, 'create validator zstd');
  return {
    name: 'zstd',
    applies: appliesTo(settings, isZstd),
    validate: recognised('zstd', mayBeFrame, (file, context) =>
      validateFrames(file, context, settings.maxBytes),
    ),
  };
}

const hasZstdMagic = beginsWith(...ZSTD_MAGIC);

/** Also behind one frame to be skipped, which lz4 has too: pzstd begins with one, in which the length of the next frame stands. */
function isZstd(head: Uint8Array): boolean {
  const bytes = Buffer.from(head);
  const isSkippable = bytes.length >= SKIPPED && mayBeFrame(head) && !hasZstdMagic(head);
  return hasZstdMagic(isSkippable ? head.subarray(SKIPPED + bytes.readUInt32LE(4)) : head);
}

const mayBeZstd = mayBeginWith(...ZSTD_MAGIC);
const maySkip = mayBeginWith(...SKIPPABLE_MAGIC);

function mayBeFrame(head: Uint8Array): boolean {
  return mayBeZstd(head) || ((head[0] ?? 0) >> 4 === 0x5 && maySkip(head.subarray(1)));
}

async function validateFrames(
  file: ArtifactFile,
  { signal, alive }: ValidationContext,
  most: number,
): Promise<Verdict> {
  const walker = createFrameWalker();
  const contents = createFrameContents(most, alive);
  signal.addEventListener('abort', contents.end, { once: true });
  try {
    let said: Verdict | null = null;
    for await (const chunk of file.chunks()) {
      const pieces = walker.push(chunk);
      if (typeof pieces === 'string') return invalidZstd(pieces);
      for (const piece of pieces) said ??= await contents.take(piece);
      if (said !== null && 'ok' in said) return said;
    }
    const flaw = walker.end();
    return flaw === null ? (said ?? { ok: true }) : invalidZstd(flaw);
  } finally {
    signal.removeEventListener('abort', contents.end);
    contents.end();
  }
}

function invalidZstd(what: string): Verdict {
  return { ok: false, reason: `not whole zstd data: ${what}` };
}

/** Decompresses frame by frame: what the engine makes of several at once depends on the version of Node.js. */
interface FrameContents {
  /** A verdict, when the content cannot be checked or is not right. */
  take(piece: FramePiece): Promise<Verdict | null>;
  readonly end: () => void;
}

function createFrameContents(most: number, alive: () => void): FrameContents {
  let inflation: Inflation | null = null;
  let total = 0;
  let isOver = false;

  async function take({ frame, bytes, isFirst, isLast, isCompressed }: FramePiece): Promise<Verdict | null> {
    if (isFirst) {
      const why = obstacleTo(frame);
      if (why !== null) return { skipped: true, why };
      inflation = start(frame);
    }
    if (inflation === null || isOver) throw new Error('the decompression was ended');
    const ended = (await inflation.take(bytes)) ?? (isLast ? await inflation.finish() : null);
    if (ended === null) return null;
    total += inflation.produced();
    inflation.end();
    if (ended.by === 'fault') return verdictOfZlib(ended.fault, isCompressed);
    return verdictOf(ended, frame, inflation.produced());
  }

  function start({ contentSize, windowSize }: ZstdFrame): Inflation {
    const left = most - total;
    const own = contentSize === null ? left : Math.min(left, Number(contentSize));
    return inflate(createEngine(outputChunk(Number(contentSize ?? windowSize))), own, alive);
  }

  /** Null when the frame is at its end, and what it should be. */
  function verdictOf(
    ended: Exclude<Ended, { by: 'fault' }>,
    { contentSize }: ZstdFrame,
    produced: number,
  ): Verdict | null {
    if (contentSize !== null && BigInt(produced) > contentSize)
      return invalidZstd(`a frame of ${contentSize} bytes decompresses to more`);
    if (ended.by === 'limit') return { skipped: true, why: `it decompresses to more than ${most} bytes` };
    if (contentSize === null || contentSize === BigInt(produced)) return null;
    return invalidZstd(`a frame of ${contentSize} bytes decompresses to ${produced}`);
  }

  return {
    take,
    end() {
      isOver = true;
      inflation?.end();
    },
  };
}

/** Why the content of a frame cannot be checked here, or null. */
function obstacleTo({ needsDictionary, windowSize }: ZstdFrame): string | null {
  if (!hasEngine())
    return 'this Node.js has no zstd (22.15 and later have it), so only its structure was checked';
  if (needsDictionary) return 'it needs a dictionary';
  return windowSize > MOST_WINDOW ? `it needs a window of ${windowSize} bytes` : null;
}

/** What the types of the oldest supported Node.js do not know. */
function hasEngine(): boolean {
  return isFactory(Reflect.get(zlib, 'createZstdDecompress'));
}

function createEngine(chunkSize: number): Engine {
  const create: unknown = Reflect.get(zlib, 'createZstdDecompress');
  if (!isFactory(create)) throw new Error('this Node.js has no zstd');
  return create({ chunkSize });
}

function isFactory(value: unknown): value is (options: object) => Engine {
  return typeof value === 'function';
}

/**
 * What node:zlib says of headers, lengths, checksums and ends that are not what they should be. A buffer is too small where there is more
 * than the frame says.
 */
const INVALID_FRAME = /^(?:Z_BUF_ERROR|ZSTD_error_(?:prefix_unknown|checksum_wrong|dstSize_tooSmall))$/;

/** What it says of blocks that cannot be decompressed: they are damaged, or refer to what only a dictionary holds. */
const UNCLEAR =
  /^ZSTD_error_(?:corruption_detected|dictionary_corrupted|dictionary_wrong|literals_headerWrong)$/;

/** Other faults say nothing about the data, and are thrown. */
function verdictOfZlib(fault: Error, isCompressed: boolean): Verdict {
  const code = 'code' in fault && typeof fault.code === 'string' ? fault.code : '';
  const isUnclear = UNCLEAR.test(code);
  if (INVALID_FRAME.test(code) || (isUnclear && !isCompressed)) return invalidZstd(fault.message);
  if (!isUnclear) throw fault;
  const why = `a frame cannot be decompressed (${fault.message}): it is damaged, or needs a dictionary that it does not name`;
  return { skipped: true, why };
}
