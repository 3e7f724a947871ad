/**
 * The states inside of JSON strings (UTF-8, escapes, no control characters) and of numbers. A number has no end of its own: the first
 * byte that does not belong to it is given to what follows.
 */

import type { Machine, State } from './machine.ts';

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;

/** The byte order mark that may stand before a text. */
export const BOM = [0xef, 0xbb, 0xbf] as const;
const UNICODE = 0x75;

/** What may stand behind a backslash, but for `u`. */
const ESCAPES = new Set(Buffer.from('"\\/bfnrt'));

/** Of a byte, 1 when it simply stands in a string. */
export const PLAIN_BYTES = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte >= 0x20 && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH),
);

/** Inside of a string. */
export const inString: State = (machine, byte) => {
  if (PLAIN_BYTES[byte] === 1) return null;
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

export const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
/** `e`; with this bit, a capital is one too. */
const EXPONENT = 0x65;
const LOWER_CASE = 0x20;

export function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

/** Behind the sign. */
export const firstDigit: State = (machine, byte) => {
  machine.state = byte === ZERO ? behindInteger : inInteger;
  return isDigit(byte) ? null : 'a digit';
};

const inInteger: State = (machine, byte) => (isDigit(byte) ? null : behindInteger(machine, byte));

const behindInteger: State = (machine, byte) => {
  if (byte !== POINT) return behindFraction(machine, byte);
  machine.state = firstOfFraction;
  return null;
};

const firstOfFraction: State = (machine, byte) => {
  machine.state = inFraction;
  return isDigit(byte) ? null : 'a digit';
};

const inFraction: State = (machine, byte) => (isDigit(byte) ? null : behindFraction(machine, byte));

function behindFraction(machine: Machine, byte: number): string | null {
  if ((byte | LOWER_CASE) !== EXPONENT) return endToken(machine, byte);
  machine.state = signOfExponent;
  return null;
}

const signOfExponent: State = (machine, byte) => {
  if (byte !== PLUS && byte !== MINUS) return firstOfExponent(machine, byte);
  machine.state = firstOfExponent;
  return null;
};

const firstOfExponent: State = (machine, byte) => {
  machine.state = inExponent;
  return isDigit(byte) ? null : 'a digit';
};

const inExponent: State = (machine, byte) => (isDigit(byte) ? null : endToken(machine, byte));

function endToken(machine: Machine, byte: number): string | null {
  machine.state = machine.next;
  return machine.next(machine, byte);
}
