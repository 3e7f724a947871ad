/**
 * A held run directory and the names of an artifact come in, its size and SHA-256 from one read go out: a plan, so that
 * the same steps serve the event loop and a thread.
 */

import { createHash } from 'node:crypto';
import { close, fstat, read, type Plan, type Stats } from '../../store/calls.ts';
import type { Disk } from '../../store/disk.ts';
import { isSameEntry, kindOf, walk, type Kind, type Pin } from '../../store/pin.ts';

/** An artifact to be read. */
export interface ArtifactFile {
  readonly run: Pin;
  /** From the run directory; never empty. */
  readonly names: readonly string[];
}

/** Why there is nothing to read. */
export type Nothing = { readonly found: 'missing' } | { readonly found: 'not regular'; readonly kind: Kind };

/** What a look without reading saw. */
export type Look = Nothing | { readonly found: 'regular'; readonly stats: Stats };

/** What one read saw. */
export type Reading =
  | Nothing
  | {
      readonly found: 'read';
      /** Bytes that were read; one more than the file had at first when it grew. */
      readonly size: number;
      /** 64 lower-case hexadecimal digits. */
      readonly digest: string;
      /**
       * What happened to the file meanwhile: a link, a chmod or a rename moves only its `ctime`. But with the other
       * times put back, `ctime` is also the only sign of a rewrite.
       */
      readonly change: 'none' | 'ctime' | 'content';
    };

/** What accompanies a read. */
export interface Hooks {
  readonly disk: Disk;
  readonly signal: AbortSignal | undefined;
  /** Is told of every chunk, in bytes. */
  readonly onBytes: (count: number) => void;
}

/** Reads one artifact. Threads can take the place of the event loop behind this type. */
export type HashFile = (file: ArtifactFile, hooks: Hooks) => Promise<Reading>;

/** Bytes read at once: hashing them takes well below a millisecond. */
export const CHUNK = 256 * 1_024;

/** Looks at the kind and size of an artifact without opening it. */
export function* look(file: ArtifactFile): Plan<Look> {
  const held = yield* hold(file);
  if ('found' in held) return held;
  yield* held.release();
  return { found: 'regular', stats: held.stats };
}

/** Reads an artifact whole into a hash, through a buffer that is used again for every chunk. */
export function* hashFile(file: ArtifactFile, buffer: Uint8Array, onBytes: Hooks['onBytes']): Plan<Reading> {
  const held = yield* hold(file);
  if ('found' in held) return held;
  try {
    const fd = yield* held.open();
    try {
      return yield* hashOpen(fd, buffer, onBytes);
    } finally {
      yield* close(fd);
    }
  } finally {
    yield* held.release();
  }
}

/** Pins the artifact when it is a regular file. */
function* hold(file: ArtifactFile): Plan<Pin | Nothing> {
  const walked = yield* walk(file.run, file.names);
  if (walked.ended === 'absent') return { found: 'missing' };
  if (walked.ended === 'in the way') {
    // What has no entries cannot hold the artifact; a symlink might, and is not followed.
    return walked.kind === 'symlink' ? { found: 'not regular', kind: 'symlink' } : { found: 'missing' };
  }
  const kind = kindOf(walked.pin.stats);
  if (kind === 'regular file') return walked.pin;
  yield* walked.pin.release();
  return { found: 'not regular', kind };
}

function* hashOpen(fd: number, buffer: Uint8Array, onBytes: Hooks['onBytes']): Plan<Reading> {
  const hash = createHash('sha256');
  const before = yield* fstat(fd);
  // A file that grows is cut off one byte later: that is enough to know.
  const most = Number(before.size) + 1;
  let size = 0;
  while (size < most) {
    const count = yield* read(fd, buffer, 0, Math.min(buffer.length, most - size));
    if (count === 0) break;
    hash.update(buffer.subarray(0, count));
    size += count;
    onBytes(count);
  }
  const change = changeBetween(before, yield* fstat(fd));
  return { found: 'read', size, digest: hash.digest('hex'), change };
}

function changeBetween(before: Stats, after: Stats): 'none' | 'ctime' | 'content' {
  if (!isSameEntry(before, after) || before.size !== after.size || before.mtimeNs !== after.mtimeNs) {
    return 'content';
  }
  return before.ctimeNs === after.ctimeNs ? 'none' : 'ctime';
}
