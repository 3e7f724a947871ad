/** Remembers digests by file identity, so that what did not change is not read again. What it may believe: memo-rule.ts. */

import * as v from 'valibot';
import { checked, exactly } from '../model/check-options.ts';
import { now } from '../concurrency/clock.ts';

/** How much a memo remembers. */
export interface MemoOptions {
  /** Digests that are kept, the least recently used go first; 10,000. */
  maxEntries?: number;
  /** Milliseconds after which a digest is forgotten; never. */
  maxAgeMs?: number;
}

/**
 * Remembers digests by file identity: device, inode, size, and the times of modification and of change in nanoseconds.
 * It belongs to the caller, may serve several inspectors, and is never written to disk.
 */
export interface Memo {
  /** The digest of this revision of a file, or null when it is not known. */
  recall(identity: string): string | null;
  /** Keeps the digest of a revision. */
  remember(identity: string, digest: string): void;
  /** Digests that are kept. */
  readonly size: number;
  /** Forgets all. */
  clear(): void;
}

const optionsSchema = exactly({
  maxEntries: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1)), 10_000),
  maxAgeMs: v.optional(v.pipe(v.number(), v.minValue(0)), Infinity),
});

/**
 * Creates a memo.
 *
 * @throws TypeError for options of a wrong type.
 */
export function createMemo(options: MemoOptions = {}): Memo {
  const { maxEntries, maxAgeMs } = checked(optionsSchema, options, 'create a memo');
  const entries = new Map<string, { readonly digest: string; readonly since: number }>();

  function recall(identity: string): string | null {
    const entry = entries.get(identity);
    if (entry === undefined) return null;
    entries.delete(identity);
    if (now() - entry.since > maxAgeMs) return null;
    // What was used last stands last.
    entries.set(identity, entry);
    return entry.digest;
  }

  function remember(identity: string, digest: string): void {
    entries.delete(identity);
    entries.set(identity, { digest, since: now() });
    const [oldest] = entries.keys();
    if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest);
  }

  return {
    recall,
    remember,
    get size() {
      return entries.size;
    },
    clear: () => entries.clear(),
  };
}
