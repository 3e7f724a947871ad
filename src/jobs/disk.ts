/** The disk as the pipeline sees it: everything an inspector does there, as few jobs in threads of its own. */

import type { Cancellation } from '../concurrency/abort.ts';
import type { FileLook, FileRead, ReadFailure } from '../hashing/look-at-file.ts';
import type { RangeRequest } from '../hashing/read-range.ts';
import type { LoadOptions } from '../manifest/load-run.ts';
import type { Candidate, RowOutcome } from '../manifest/read-row.ts';
import type { RowOptions } from '../manifest/row-record.ts';
import type { Catalog } from '../repository/catalog.ts';
import type { RunAddress } from '../repository/open-run.ts';
import type { FoundUnlisted, SearchRequest } from '../repository/unlisted.ts';
import type { ConfirmResult, LoadedRun } from './protocol.ts';
import type { FilesRequest } from './read-batches.ts';

/** A run that was loaded, and is held until `release`. */
export interface HeldRun extends LoadedRun {
  readonly release: () => void;
}

/** What came of loading a run. */
export type Loaded =
  | { readonly type: 'loaded'; readonly loaded: HeldRun }
  /** It did not stay where it was found. */
  | { readonly type: 'moved' };

/**
 * The disk, as the pipeline sees it. Every method rejects with the reason of its cancellation, and with a `Refusal` where the
 * inspection cannot go on.
 */
export interface Disk {
  readonly load: (
    runId: string,
    options: Pick<LoadOptions, 'limits'>,
    mayWait: boolean,
    cancellation: Cancellation,
  ) => Promise<Loaded>;
  readonly look: (request: FilesRequest) => Promise<readonly (FileLook | ReadFailure)[]>;
  /** Each file once; results in their order. */
  readonly read: (request: FilesRequest) => Promise<readonly (FileRead | ReadFailure)[]>;
  readonly search: (
    run: RunAddress,
    search: Omit<SearchRequest, 'stalled' | 'path'>,
    cancellation: Cancellation,
  ) => Promise<FoundUnlisted>;
  readonly confirm: (
    loaded: Pick<LoadedRun, 'run' | 'revision'>,
    cancellation: Cancellation,
  ) => Promise<Exclude<ConfirmResult, { type: 'refused' }>>;
  /** Null when it is another revision by now. Throws `Stalled`, and faults of the disk. */
  readonly readRange: (
    run: RunAddress,
    range: RangeRequest,
    cancellation: Cancellation,
  ) => Promise<Uint8Array | null>;
  readonly catalog: (cancellation: Cancellation) => Promise<Catalog>;
  readonly rows: (
    candidates: readonly Candidate[],
    options: RowOptions,
    cancellation: Cancellation,
  ) => Promise<readonly RowOutcome[]>;
  readonly close: () => Promise<void>;
}
