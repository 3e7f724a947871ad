/**
 * The bytes of a JSON text come in, whether they are one goes out (RFC 8259): one value, UTF-8, no byte order mark.
 * Every state is a function that takes the next byte; what it holds is one bit for each level of nesting.
 */

import type { Scanner } from './scanner.ts';
import type { Verdict } from './validator.ts';

/** Takes a byte: null when it fits, else what was expected instead. */
type State = (byte: number) => string | null;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const ZERO = 0x30;
const OPEN = { array: 0x5b, object: 0x7b };
const CLOSE = { array: 0x5d, object: 0x7d };
const BOM = 0xef;

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isDigit = (byte: number): boolean => byte >= ZERO && byte <= 0x39;
const isHex = (byte: number): boolean => isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
const isExponent = (byte: number): boolean => (byte | 0x20) === 0x65;

/** What may stand behind a backslash, but for `u`. */
const ESCAPES = new Set(Buffer.from('"\\/bfnrt'));
const LITERALS = new Map(['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]));

/** Bytes that simply stand in a string. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte >= 0x20 && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH),
);

/** Of a byte that begins a character of more than one: how many follow, and between what the first of them is. */
function sequenceOf(byte: number): readonly [more: number, low: number, high: number] | null {
  if (byte >= 0xc2 && byte <= 0xdf) return [1, 0x80, 0xbf];
  if (byte >= 0xe0 && byte <= 0xef) return [2, byte === 0xe0 ? 0xa0 : 0x80, byte === 0xed ? 0x9f : 0xbf];
  if (byte >= 0xf0 && byte <= 0xf4) return [3, byte === 0xf0 ? 0x90 : 0x80, byte === 0xf4 ? 0x8f : 0xbf];
  return null;
}

/** Bits that say of each level whether it is an object. */
function createLevels(): {
  push(isObject: boolean): void;
  pop(): void;
  isObject(): boolean;
  depth(): number;
} {
  let bits = new Uint8Array(128);
  let depth = 0;
  return {
    push(isObject) {
      const at = depth >> 3;
      if (at === bits.length) {
        const more = new Uint8Array(bits.length * 2);
        more.set(bits);
        bits = more;
      }
      const mask = 1 << (depth & 7);
      bits[at] = isObject ? (bits[at] ?? 0) | mask : (bits[at] ?? 0) & ~mask;
      depth += 1;
    },
    pop() {
      depth -= 1;
    },
    isObject: () => depth > 0 && ((bits[(depth - 1) >> 3] ?? 0) & (1 << ((depth - 1) & 7))) !== 0,
    depth: () => depth,
  };
}

/** Any number of digits, and then what `next` takes. */
const digitsThen =
  (next: State): State =>
  (byte) =>
    isDigit(byte) ? null : next(byte);

/** Levels beyond `maxDepth` are not followed: the text is then not verified. */
export function createJsonScanner({ maxDepth }: { readonly maxDepth: number }): Scanner {
  const levels = createLevels();
  let offset = 0;
  let isTooDeep = false;
  let isKey = false;
  let sequence = { more: 0, low: 0x80, high: 0xbf };
  let hexLeft = 0;
  let literal: { readonly word: Uint8Array; at: number } = { word: new Uint8Array(), at: 0 };

  const expectValue = (orEnd: number | null, what: string): State => {
    const expect: State = (byte) => {
      if (isSpace(byte)) return null;
      if (byte === orEnd) return closeLevel();
      return beginValue(byte) ? null : what;
    };
    return expect;
  };

  const first: State = (byte) => (byte === BOM && offset === 0 ? 'no byte order mark' : value(byte));
  const value = expectValue(null, 'a value');
  const valueOrEnd = expectValue(CLOSE.array, 'a value or "]"');

  const key: State = (byte) => (isSpace(byte) ? null : beginKey(byte, 'a name'));
  const keyOrEnd: State = (byte) => {
    if (isSpace(byte)) return null;
    return byte === CLOSE.object ? closeLevel() : beginKey(byte, 'a name or "}"');
  };
  const colon: State = (byte) => {
    if (isSpace(byte)) return null;
    state = value;
    return byte === COLON ? null : '":"';
  };
  const after: State = (byte) => {
    if (isSpace(byte)) return null;
    if (levels.depth() === 0) return 'the end';
    const isObject = levels.isObject();
    if (byte === COMMA) {
      state = isObject ? key : value;
      return null;
    }
    if (byte === (isObject ? CLOSE.object : CLOSE.array)) return closeLevel();
    return isObject ? '"," or "}"' : '"," or "]"';
  };

  const inString: State = (byte) => {
    if (PLAIN[byte] === 1) return null;
    if (byte === QUOTE) state = isKey ? colon : after;
    else if (byte === BACKSLASH) state = escaped;
    else if (byte < 0x20) return 'no control character in a string';
    else return beginSequence(byte);
    return null;
  };
  const escaped: State = (byte) => {
    hexLeft = 4;
    state = byte === 0x75 ? inHex : inString;
    return byte === 0x75 || ESCAPES.has(byte) ? null : 'an escape';
  };
  const inHex: State = (byte) => {
    hexLeft -= 1;
    if (hexLeft === 0) state = inString;
    return isHex(byte) ? null : 'a hexadecimal digit';
  };
  const inSequence: State = (byte) => {
    if (byte < sequence.low || byte > sequence.high) return 'UTF-8';
    sequence = { more: sequence.more - 1, low: 0x80, high: 0xbf };
    if (sequence.more === 0) state = inString;
    return null;
  };
  const inLiteral: State = (byte) => {
    const { word, at } = literal;
    literal.at += 1;
    if (literal.at === word.length) state = after;
    return byte === word[at] ? null : `"${Buffer.from(word).toString()}"`;
  };

  /** What cannot go on a number ends it. */
  const orAfter = (byte: number): string | null => {
    state = after;
    return after(byte);
  };
  const oneDigit = (then: () => State): State => {
    return (byte) => {
      state = then();
      return isDigit(byte) ? null : 'a digit';
    };
  };
  const exponentDigits = digitsThen(orAfter);
  const exponentFirst = oneDigit(() => exponentDigits);
  const exponentSign: State = (byte) => {
    if (byte !== 0x2b && byte !== MINUS) return exponentFirst(byte);
    state = exponentFirst;
    return null;
  };
  const exponentOrAfter = (byte: number): string | null => {
    if (!isExponent(byte)) return orAfter(byte);
    state = exponentSign;
    return null;
  };
  const fraction = digitsThen(exponentOrAfter);
  const fractionFirst = oneDigit(() => fraction);
  const pointOrAfter = (byte: number): string | null => {
    if (byte !== 0x2e) return exponentOrAfter(byte);
    state = fractionFirst;
    return null;
  };
  const integer = digitsThen(pointOrAfter);
  const integerFirst: State = (byte) => {
    state = byte === ZERO ? pointOrAfter : integer;
    return isDigit(byte) ? null : 'a digit';
  };

  function beginValue(byte: number): boolean {
    const word = LITERALS.get(byte);
    isKey = false;
    if (byte === QUOTE) state = inString;
    else if (byte === OPEN.object) openLevel(true);
    else if (byte === OPEN.array) openLevel(false);
    else if (byte === MINUS) state = integerFirst;
    else if (isDigit(byte)) integerFirst(byte);
    else if (word !== undefined) {
      literal = { word, at: 1 };
      state = inLiteral;
    } else return false;
    return true;
  }

  function beginKey(byte: number, what: string): string | null {
    isKey = true;
    state = inString;
    return byte === QUOTE ? null : what;
  }

  function beginSequence(byte: number): string | null {
    const found = sequenceOf(byte);
    if (found === null) return 'UTF-8';
    const [more, low, high] = found;
    sequence = { more, low, high };
    state = inSequence;
    return null;
  }

  function openLevel(isObject: boolean): void {
    if (levels.depth() === maxDepth) isTooDeep = true;
    else levels.push(isObject);
    state = isObject ? keyOrEnd : valueOrEnd;
  }

  function closeLevel(): null {
    levels.pop();
    state = after;
    return null;
  }

  let state: State = first;

  function push(chunk: Uint8Array): Verdict | null {
    for (let at = 0; at < chunk.length; at += 1) {
      if (state === inString) while (PLAIN[chunk[at] ?? 0] === 1) at += 1;
      if (at === chunk.length) break;
      const byte = chunk[at] ?? 0;
      const expected = state(byte);
      if (expected !== null) return rejected(expected, byte, offset + at);
      if (isTooDeep) return { skipped: true, why: `it is nested deeper than ${maxDepth} levels` };
    }
    offset += chunk.length;
    return null;
  }

  return {
    push,
    end() {
      // A number has no end of its own; a space ends it and changes nothing else.
      if (levels.depth() === 0 && (state === after || (state(0x20) === null && state === after)))
        return { ok: true };
      return { ok: false, reason: `not JSON: it ends at byte ${offset}, before the value does` };
    },
  };
}

function rejected(expected: string, byte: number, at: number): Verdict {
  const found = byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `0x${byte.toString(16)}`;
  return { ok: false, reason: `not JSON: expected ${expected}, found ${found} at byte ${at}` };
}
