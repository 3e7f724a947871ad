/** How output is shown, and text that fits into it. */

import { escapeAll } from '../../model/printable.ts';
import type { Paint } from './paint.ts';
import { breakLines } from './width.ts';

/** How to show something. */
export interface View {
  /** Columns of the terminal; null when there is none, and nothing is cut or broken. */
  readonly columns: number | null;
  readonly paint: Paint;
  readonly isUtc: boolean;
  /** Whether findings of one kind are all shown, however many. */
  readonly hasAllFindings: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Digits of a digest that are enough to see that two differ. */
export const SHORT_DIGEST = 12;

/** A sentence of the library as it can be taken in: digests shortened, and all escaped that might not be. */
export function shownMessage(message: string): string {
  return escapeAll(message).replaceAll(/\b[0-9a-f]{64}\b/g, (digest) => `${digest.slice(0, SHORT_DIGEST)}…`);
}

/** The text in lines that fit, each so far from the left. */
export function wrapped(text: string, columns: number | null, indent = 0): string[] {
  const lines = columns === null ? [text] : breakLines(text, Math.max(1, columns - indent));
  return lines.map((each) => ' '.repeat(indent) + each);
}
