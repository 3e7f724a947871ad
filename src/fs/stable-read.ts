/** Reads a small file whole: bytes of one revision of it, which were the same before and after, and never more than the cap. */

import { close, fstat, read, type Io, type Stats } from './calls.ts';
import { isCtimeMoved, isSameRevision, kindOf, walk, type Handle, type Kind } from './handle.ts';

/** What came of reading a small file whole. */
export type StableRead =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array; readonly stats: Stats }
  | { readonly type: 'absent' }
  | { readonly type: 'not-regular'; readonly kind: Kind }
  | { readonly type: 'too-large'; readonly size: bigint; readonly stats: Stats }
  | { readonly type: 'torn' };

/** Reads one file below a directory; at most `cap` bytes. */
export function readStable(io: Io, directory: Handle, path: readonly string[], cap: number): StableRead {
  const walked = walk(directory, path);
  if (walked.type === 'absent') return walked;
  if (walked.type === 'in-the-way') {
    // What has no entries cannot hold the file; a symlink might, and is not followed.
    return walked.kind === 'symlink' ? { type: 'not-regular', kind: 'symlink' } : { type: 'absent' };
  }
  const { handle } = walked;
  try {
    if (!handle.stats.isFile()) return { type: 'not-regular', kind: kindOf(handle.stats) };
    return readHeld(io, handle, cap);
  } finally {
    handle.release();
  }
}

function readHeld(io: Io, held: Handle, cap: number): StableRead {
  const before = held.stats;
  if (before.size > BigInt(cap)) return { type: 'too-large', size: before.size, stats: before };
  const fd = held.open();
  try {
    const bytes = readWhole(io, fd, before);
    const after = fstat(io, fd);
    if (bytes === null) return { type: 'torn' };
    if (isSameRevision(before, after)) return { type: 'bytes', bytes, stats: after };
    // Where only the time of change moved, a second read that agrees is believed.
    if (!isCtimeMoved(before, after)) return { type: 'torn' };
    const again = readWhole(io, fd, before);
    const last = fstat(io, fd);
    const agrees = again !== null && Buffer.compare(bytes, again) === 0;
    const isStill = isSameRevision(after, last) || isCtimeMoved(after, last);
    return agrees && isStill ? { type: 'bytes', bytes, stats: last } : { type: 'torn' };
  } finally {
    close(fd);
  }
}

/** Reads a file of which one look told the size; null when it has another one. */
function readWhole(io: Io, fd: number, { size: expected }: Stats): Uint8Array | null {
  const size = Number(expected);
  // One byte more than it says: a file that grew gives itself away.
  const buffer = Buffer.allocUnsafe(size + 1);
  let length = 0;
  while (length < buffer.length) {
    const count = read(io, fd, buffer, { offset: length, length: buffer.length - length, position: length });
    if (count === 0) break;
    length += count;
  }
  return length === size ? buffer.subarray(0, size) : null;
}
