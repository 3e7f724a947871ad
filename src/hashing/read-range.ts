/** Reads a part of an artifact that was hashed, of that revision and no other. */

import { close, fstat, read, type Io } from '../fs/calls.ts';
import { hasIdentity, walk, type Handle } from '../fs/handle.ts';

/** Bytes of the revision of a file that was hashed. */
export interface RangeRequest {
  readonly names: readonly string[];
  /** Of what was hashed. */
  readonly identity: string;
  readonly position: number;
  readonly length: number;
}

/** Reads some bytes of a file; null when it is another revision by now. At most `length`, and fewer only where it ends. */
export function readRange(
  run: Handle,
  { names, identity, position, length }: RangeRequest,
  io: Io,
): Uint8Array | null {
  const walked = walk(run, names);
  if (walked.type !== 'held') return null;
  const { handle } = walked;
  try {
    if (!handle.stats.isFile() || !hasIdentity(handle.stats, identity)) return null;
    const fd = handle.open();
    try {
      // Fresh memory: a chunk may be kept, or be given to another thread.
      const buffer = Buffer.allocUnsafeSlow(length);
      const count = read(io, fd, buffer, { position });
      return count > 0 && hasIdentity(fstat(io, fd), identity) ? buffer.subarray(0, count) : null;
    } finally {
      close(fd);
    }
  } finally {
    handle.release();
  }
}
