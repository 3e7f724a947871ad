/** What output is for comes in, text that fits it goes out. */

import type { Paint } from './paint.ts';
import { wrap } from './width.ts';

/** How to show something. */
export interface View {
  /** Columns of the terminal; null when there is none, and nothing is cut or broken. */
  readonly columns: number | null;
  readonly paint: Paint;
  readonly isUtc: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The text in lines that fit, each so far from the left. */
export function wrapped(text: string, columns: number | null, indent = 0): string[] {
  const lines = columns === null ? [text] : wrap(text, Math.max(1, columns - indent));
  return lines.map((each) => ' '.repeat(indent) + each);
}
