/** The bytes of JSON strings come in, up to the closing quote: UTF-8, escapes, no control characters. */

import type { Machine, State } from './json-machine.ts';

export const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const UNICODE = 0x75;

/** What may stand behind a backslash, but for `u`. */
const ESCAPES = new Set(Buffer.from('"\\/bfnrt'));

/** Of a byte, 1 when it simply stands in a string. */
export const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte >= 0x20 && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH),
);

/** Inside of a string. */
export const inString: State = (machine, byte) => {
  if (PLAIN[byte] === 1) return null;
  if (byte < 0x20) return 'no control character in a string';
  if (byte >= 0x80) return beginCharacter(machine, byte);
  machine.state = byte === QUOTE ? machine.next : escaped;
  return null;
};

const escaped: State = (machine, byte) => {
  machine.left = 4;
  machine.state = byte === UNICODE ? inHex : inString;
  return byte === UNICODE || ESCAPES.has(byte) ? null : 'an escape';
};

const inHex: State = (machine, byte) => {
  machine.left -= 1;
  if (machine.left === 0) machine.state = inString;
  return /[0-9a-f]/i.test(String.fromCharCode(byte)) ? null : 'a hexadecimal digit';
};

/** Not every byte may follow the first: no long form of a short one, no half of a pair, nothing beyond the last character. */
function beginCharacter(machine: Machine, byte: number): string | null {
  if (byte < 0xc2 || byte > 0xf4) return 'UTF-8';
  machine.left = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
  machine.low = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
  machine.high = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
  machine.state = inCharacter;
  return null;
}

const inCharacter: State = (machine, byte) => {
  if (byte < machine.low || byte > machine.high) return 'UTF-8';
  machine.low = 0x80;
  machine.high = 0xbf;
  machine.left -= 1;
  if (machine.left === 0) machine.state = inString;
  return null;
};
