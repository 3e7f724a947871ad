/**
 * A directory and a file name come in, the bytes of one revision of that file go out, or why there are none:
 * the file is pinned, never larger than the cap, and the same before and after it was read.
 */

import { close, fstat, read, type Plan, type Stats } from './calls.ts';
import { isSameRevision, kindOf, walk, type Kind, type Pin } from './pin.ts';

/** What came of reading a small file whole. */
export type StableRead =
  | { readonly found: 'bytes'; readonly bytes: Uint8Array; readonly stats: Stats }
  | { readonly found: 'absent' }
  | { readonly found: 'not regular'; readonly kind: Kind }
  | { readonly found: 'too large'; readonly size: bigint; readonly stats: Stats }
  | { readonly found: 'torn' };

/** Reads one file below a directory; at most `cap` bytes. */
export function* readStable(directory: Pin, names: readonly string[], cap: number): Plan<StableRead> {
  const walked = yield* walk(directory, names);
  if (walked.ended === 'absent') return { found: 'absent' };
  if (walked.ended === 'in the way') {
    // What has no entries cannot hold the file; a symlink might, and is not followed.
    return walked.kind === 'symlink' ? { found: 'not regular', kind: 'symlink' } : { found: 'absent' };
  }
  try {
    if (!walked.pin.stats.isFile()) return { found: 'not regular', kind: kindOf(walked.pin.stats) };
    return yield* readPinned(walked.pin, cap);
  } finally {
    yield* walked.pin.release();
  }
}

function* readPinned(held: Pin, cap: number): Plan<StableRead> {
  const fd = yield* held.open();
  try {
    const before = yield* fstat(fd);
    if (before.size > BigInt(cap)) return { found: 'too large', size: before.size, stats: before };
    const size = Number(before.size);
    // One byte more than it says: a file that grew is told by it.
    const buffer = Buffer.allocUnsafe(size + 1);
    let length = 0;
    while (length < buffer.length) {
      const count = yield* read(fd, buffer, length, buffer.length - length);
      if (count === 0) break;
      length += count;
    }
    const after = yield* fstat(fd);
    if (length !== size || !isSameRevision(before, after)) return { found: 'torn' };
    return { found: 'bytes', bytes: buffer.subarray(0, size), stats: after };
  } finally {
    yield* close(fd);
  }
}
