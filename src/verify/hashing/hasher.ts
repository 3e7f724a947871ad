/** What hashes: artifacts of a run come in, what a look or a read of each saw goes out, in their order. */

import type { Cancellation } from '../../cancellation.ts';
import type { Located } from '../../store/resolve.ts';
import type { Look, Names, Reading, Trouble } from './hash-file.ts';

/** One artifact. */
export interface FileToAsk {
  readonly names: Names;
  /** Bytes that will be read of it, to plan with. */
  readonly size: number;
}

/** Artifacts of one run, and who asks about them. */
export interface FilesRequest {
  readonly run: Located;
  readonly files: readonly FileToAsk[];
  readonly cancellation: Cancellation;
  /** Is told of bytes as they are read, with the place of their file. */
  readonly onBytes: (index: number, count: number) => void;
}

/**
 * Looks at artifacts, without opening them, and reads them, each once; on this thread or on others. Rejects only for a
 * cancellation, with its reason, and when every thread is lost to hung storage.
 */
export interface Hasher {
  look(request: FilesRequest): Promise<readonly (Look | Trouble)[]>;
  read(request: FilesRequest): Promise<readonly (Reading | Trouble)[]>;
  /** Makes ready for work that is about to come. */
  prepare(): void;
  /** Gives back everything; what is under way must have been cancelled. */
  close(): Promise<void>;
}
