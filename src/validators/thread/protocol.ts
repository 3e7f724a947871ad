/** What the thread of a validation is started with, and what it answers to every message. */

import type { Verdict } from '../../content/validator.ts';

/** To scan the chunks that are sent. */
export type ScanTask = { readonly scan: 'json'; readonly maxDepth: number } | { readonly scan: 'tar' };

/** A chunk, or null at the end. */
export type Message = Uint8Array | null;

/** A verdict, or null to go on. */
export type ScanReply = Verdict | null;
