/** What a JSON text can begin with. */

import { BOM } from '../../json/tokens.ts';

const MARK = Buffer.from(BOM);

/** Spaces, then what begins a value; of a word, as much as there is. */
const BEGINNING = /^[ \t\r\n]*(?:$|[{["\d]|-(?:\d|$)|(?:t|tr|tru|f|fa|fal|fals|n|nu|nul)$|true|false|null)/;

/** Whether the first bytes of a file can be those of a JSON text: one that is damaged elsewhere still begins like one. */
export function mayBeJson(head: Uint8Array): boolean {
  const isMark = MARK.subarray(0, head.length).equals(head.subarray(0, BOM.length));
  const text = Buffer.from(head.subarray(isMark ? BOM.length : 0)).toString('latin1');
  return BEGINNING.test(text);
}
