/** Reads a small file whole: bytes of one revision of it, which were the same before and after, and never more than the cap. */

import { close, fstat, read, type Io, type Stats } from './calls.ts';
import { isSameRevision, kindOf, walk, type Handle, type Kind } from './handle.ts';

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
    const size = Number(before.size);
    // One byte more than it says: a file that grew gives itself away.
    const buffer = Buffer.allocUnsafe(size + 1);
    let length = 0;
    while (length < buffer.length) {
      const count = read(io, fd, buffer, { offset: length, length: buffer.length - length });
      if (count === 0) break;
      length += count;
    }
    const after = fstat(io, fd);
    if (length !== size || !isSameRevision(before, after)) return { type: 'torn' };
    return { type: 'bytes', bytes: buffer.subarray(0, size), stats: after };
  } finally {
    close(fd);
  }
}
