/** What the thread of a validation is started with, and what it answers to every message. */

import type { Verdict } from '../../content/validator.ts';

/** To scan the chunks that are sent. */
export type ScanTask = { readonly scan: 'json'; readonly maxDepth: number } | { readonly scan: 'tar' };

/** A message to the thread. */
export interface ScanMessage {
  /** The next bytes, or null at the end. */
  readonly chunk: Uint8Array | null;
}

/** A verdict, or null to go on. */
export type ScanReply = Verdict | null;

/** What the thread answers to each. */
export interface ScanAnswer {
  readonly reply: ScanReply;
}

/** Whether a message to the thread is one of ours: what the host has loaded into all threads may post anything. */
export function isScanMessage(message: unknown): message is ScanMessage {
  return typeof message === 'object' && message !== null && 'chunk' in message;
}

/** Whether a message from the thread is its answer. */
export function isScanAnswer(message: unknown): message is ScanAnswer {
  return typeof message === 'object' && message !== null && 'reply' in message;
}
