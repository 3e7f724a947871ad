/** What a thread of a validation is started with, and what it answers to every message. */

import type { Verdict } from '../validator.ts';

/** To read the chunks that are sent, and null at the end. */
export type ScanTask = { readonly scan: 'json'; readonly maxDepth: number } | { readonly scan: 'tar' };

/** To check a database, when it is told to by null. */
export interface DatabaseTask {
  readonly database: string;
  /** Bytes it had before it was opened. */
  readonly size: number;
  /** The module to check it with. */
  readonly engine: string;
}

export type Task = ScanTask | DatabaseTask;

/** A chunk, or null at the end. */
export type Message = Uint8Array | null;

/** A verdict, or null to go on. */
export type Reply = Verdict | null;
