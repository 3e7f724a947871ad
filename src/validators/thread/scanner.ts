/** Reads a format as it comes, chunk by chunk, and holds no more of it than it must. */

import type { Verdict } from '../../content/validator.ts';

/** Reads one file from its beginning to its end. */
export interface Scanner {
  /** Takes the next bytes; a verdict as soon as there is one, and then nothing more may be given. */
  push(chunk: Uint8Array): Verdict | null;
  /** Says that there is no more. */
  end(): Verdict;
}
