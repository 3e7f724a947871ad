/** What hashes: artifacts of a run come in, what a look or a read of them saw goes out. */

import type { Cancellation } from '../../cancellation.ts';
import type { Disk } from '../../store/disk.ts';
import type { Located } from '../../store/resolve.ts';
import type { Look, Names, Reading, Trouble } from './hash-file.ts';

/** Who asks, and about which run. */
export interface Asking {
  readonly run: Located;
  /** The disk of the inspection that asks. */
  readonly disk: Disk;
  readonly cancellation: Cancellation;
}

/** Artifacts to be looked at. */
export interface LookRequest extends Asking {
  readonly files: readonly Names[];
}

/** An artifact to be read. */
export interface ReadRequest extends Asking {
  readonly names: Names;
  /** Bytes it should have, to plan with. */
  readonly size: number;
  /** Is told of bytes as they are read. */
  readonly onBytes: (count: number) => void;
}

/** Looks at and reads artifacts, on this thread or on others; rejects only for a cancellation, or when out of threads. */
export interface Hasher {
  /** Sees kind, size and revision of files without opening them, in their order. */
  look(request: LookRequest): Promise<readonly (Look | Trouble)[]>;
  /** Reads a file once. */
  read(request: ReadRequest): Promise<Reading | Trouble>;
  /** Gives back everything; what is under way must have been cancelled. */
  close(): Promise<void>;
}
