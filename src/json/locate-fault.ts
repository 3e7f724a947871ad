/** Finds where a text is no JSON: engines say it for some texts, in words of their own, and for others not at all. */

import { quote } from '../model/printable.ts';
import { behind, LINE_FEED, SPACE, value } from './grammar.ts';
import { createMachine, type Machine } from './machine.ts';
import { BOM, inString, PLAIN_BYTES } from './tokens.ts';

/**
 * What is wrong with a text that is no JSON, and where, as a part of a sentence. Lines end with a line feed; a column is a character
 * and not a byte, and a byte order mark is none. Both count from 1.
 *
 * @param text - in UTF-8.
 * @returns null where nothing is wrong.
 */
export function locateJsonFault(text: Uint8Array): string | null {
  const bytes = text.subarray(BOM.every((byte, index) => text[index] === byte) ? BOM.length : 0);
  const machine = createMachine(value);
  for (let at = 0; at < bytes.length; at += 1) {
    // Most bytes of most texts.
    if (machine.state === inString) while (PLAIN_BYTES[bytes[at] ?? 0] === 1) at += 1;
    if (at === bytes.length) break;
    const expected = machine.state(machine, bytes[at] ?? 0) ?? excessOf(machine);
    if (expected === null) continue;
    // No character of UTF-8 is longer, and what follows it is not looked at.
    const [found = ''] = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(at, at + 4));
    return `expected ${expected}, found ${quote(found)} at ${lineAndColumn(bytes, at)}`;
  }
  if (machine.state(machine, SPACE) === null && machine.state === behind && machine.levels.depth() === 0)
    return null;
  return bytes.length === 0
    ? 'it is empty'
    : `it ends at ${lineAndColumn(bytes, bytes.length)}, before the value does`;
}

/** What other writers have, and JSON has not. */
function excessOf({ isExtended, texts }: Machine): string | null {
  if (isExtended) return 'a value';
  return texts > 1 ? 'the end' : null;
}

/** The place of the character that begins with a byte. */
function lineAndColumn(bytes: Uint8Array, at: number): string {
  let [line, column] = [1, 1];
  for (const byte of bytes.subarray(0, at)) {
    if (byte === LINE_FEED) [line, column] = [line + 1, 1];
    else if (!isContinuation(byte)) column += 1;
  }
  return `line ${line}, column ${column}`;
}

/** Whether it goes on with a character of UTF-8. */
function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
