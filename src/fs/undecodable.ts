/**
 * Names that a listing could not tell. Node.js and Bun give the bytes of a name; Deno makes U+FFFD of those that are no UTF-8, and reaches
 * no such entry. What it is, and whether it is there, cannot be said of it.
 */

import { NamedFault } from './errno.ts';
import { nameOf } from './calls.ts';
import type { Handle } from './handle.ts';

/** U+FFFD, a character for each byte. */
const REPLACEMENT = '\u00ef\u00bf\u00bd';

/** Throws `EILSEQ` for a name of one listing that stands for other bytes than it seems. */
export type ConfirmName = (directory: Handle, name: string) => void;

/**
 * Makes that for a listing. A name with U+FFFD is another one's where nothing has it, and may be where two entries do. One that vanished
 * meanwhile is taken for such a name too: nobody names files so.
 */
export function confirmNames(names: readonly string[]): ConfirmName {
  const seen = new Set<string>();
  const doubled = new Set<string>();
  for (const name of names) {
    if (!name.includes(REPLACEMENT)) continue;
    if (seen.has(name)) doubled.add(name);
    seen.add(name);
  }
  return (directory, name) => {
    if (!seen.has(name)) return;
    if (doubled.has(name) || directory.look(nameOf(name)) === null)
      throw new NamedFault('a name that is no UTF-8 was not told', 'EILSEQ');
  };
}
