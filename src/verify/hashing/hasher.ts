/** What hashes: one artifact of a run comes in, what a look or a read of it saw goes out. */

import type { Disk } from '../../store/disk.ts';
import type { Located } from '../../store/resolve.ts';
import type { Look, Names, Reading } from './hash-file.ts';

/** One artifact to be looked at, or read. */
export interface FileRequest {
  readonly run: Located;
  readonly names: Names;
  /** Bytes it should have, to plan with. */
  readonly size: number;
  /** The disk of the inspection that asks. */
  readonly disk: Disk;
  readonly signal: AbortSignal | undefined;
  /** Is told of bytes as they are read. */
  readonly onBytes: (count: number) => void;
}

/** Looks at and reads artifacts, on this thread or on others. */
export interface Hasher {
  /** Sees kind, size and revision without opening the file. */
  look(request: FileRequest): Promise<Look>;
  /** Reads the file once. */
  read(request: FileRequest): Promise<Reading>;
  /** Gives back everything; what is under way must have been aborted. */
  close(): Promise<void>;
}
