/** Reads one artifact of a held run directory: its size and SHA-256 from one read of one revision, chunk by chunk. */

import * as crypto from 'node:crypto';
import { close, fstat, read, type Io, type Stats } from '../fs/calls.ts';
import { identityOf, isCtimeMoved, isSameRevision, sizeOf, walk, type Handle } from '../fs/handle.ts';
import { describeFile, isSettledAt, noFile, type FileContent, type FileLook } from './look-at-file.ts';
import { timeOfDay } from '../concurrency/clock.ts';

/** Bytes read at once: hashing them takes well below a millisecond, and they fit a core's cache. */
export const CHUNK = 256 * 1_024;

/** A read that is under way. To be released. */
export interface OngoingRead {
  readonly type: 'reading';
  /** Bytes of the next step, at most. */
  readonly ahead: () => number;
  /** Reads a chunk; false when there is nothing more to read. */
  readonly step: () => boolean;
  /** What was read. */
  readonly end: () => FileContent;
  readonly release: () => void;
}

/** Begins to read an artifact that should have `size` bytes; `buffer` is used again for every chunk. */
export function beginRead(
  run: Handle,
  names: readonly string[],
  { size, buffer }: { readonly size: number; readonly buffer: Uint8Array },
  io: Io,
): OngoingRead | FileLook {
  const walked = walk(run, names);
  if (walked.type !== 'held') return noFile(walked.type === 'absent' ? null : walked.kind);
  const { handle } = walked;
  try {
    const seen = handle.stats;
    if (!seen.isFile() || sizeOf(seen) !== size) return describeFile(seen);
    return readOpen(handle.open(), seen, buffer, io);
  } finally {
    handle.release();
  }
}

/** What an SHA-256 is taken of in one call, where the Node has it, which is cheaper than an object for a small file. */
const hashInOneCall = 'hash' in crypto ? crypto.hash : null;

function readOpen(fd: number, before: Stats, buffer: Uint8Array, io: Io): OngoingRead {
  const begunAt = timeOfDay();
  const expected = Number(before.size);
  // A file that grows is cut off one byte later: that is enough to know.
  const most = expected + 1;
  let hash: crypto.Hash | null = null;
  let digest: string | null = null;
  let bytesRead = 0;

  function take(chunk: Uint8Array): void {
    if (hash === null && chunk.length === expected && hashInOneCall !== null)
      digest = hashInOneCall('sha256', chunk, 'hex');
    else {
      hash ??= crypto.createHash('sha256');
      hash.update(chunk);
    }
  }

  return {
    type: 'reading',
    ahead: () => Math.min(buffer.length, most - bytesRead),
    step() {
      const wanted = Math.min(buffer.length, most - bytesRead);
      const count = read(io, fd, buffer, { length: wanted });
      if (count === 0) return false;
      take(buffer.subarray(0, count));
      io.count(count);
      bytesRead += count;
      // A short read at the size it had is the end; if it grew meanwhile, its stats tell.
      return bytesRead < most && !(count < wanted && bytesRead === expected);
    },
    end() {
      const after = fstat(io, fd);
      return {
        type: 'content',
        size: sizeOf(after) === expected ? bytesRead : Number(after.size),
        bytesRead,
        digest: digest ?? (hash ?? crypto.createHash('sha256')).digest('hex'),
        change: changeBetween(before, after),
        identity: identityOf(after),
        isSettled: isSettledAt(begunAt, after),
      };
    },
    release: () => close(fd),
  };
}

function changeBetween(before: Stats, after: Stats): 'none' | 'ctime' | 'content' {
  if (isSameRevision(before, after)) return 'none';
  return isCtimeMoved(before, after) ? 'ctime' : 'content';
}
