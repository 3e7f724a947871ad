/**
 * Scans JSON texts (RFC 8259): values in UTF-8, with or without a byte order mark. Every state is a function that takes the next byte.
 */

import { createMachine, type Machine, type State } from './machine.ts';
import { QUOTE } from '../../manifest/json.ts';
import { BOM, firstDigit, inString, isDigit, MINUS, PLAIN_BYTES } from './tokens.ts';
import type { Scanner } from '../thread/scanner.ts';
import type { Verdict } from '../../content/validator.ts';

/** Numbers that JSON does not have, and that Python, among others, writes all the same. */
const EXTENSIONS: readonly string[] = ['NaN', 'Infinity'];

const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = { array: 0x5b, object: 0x7b } as const;
const CLOSE = { array: 0x5d, object: 0x7d } as const;
const SPACE = 0x20;
const SPACES = new Set(Buffer.from(' \t\r\n'));
const LINE_FEED = 0x0a;
const WORDS = new Map(['true', 'false', 'null', ...EXTENSIONS].map((word) => [word.charCodeAt(0), word]));
const SLASH = 0x2f;
const COMMENTS = new Set(Buffer.from('/*'));

/** Before the first value. */
const first: State = (machine, byte) => {
  if (byte !== BOM[0]) return value(machine, byte);
  machine.state = secondOfMark;
  return null;
};

const secondOfMark: State = (machine, byte) => {
  machine.state = thirdOfMark;
  return byte === BOM[1] ? null : 'a byte order mark';
};

const thirdOfMark: State = (machine, byte) => {
  machine.state = value;
  return byte === BOM[2] ? null : 'a byte order mark';
};

const value: State = (machine, byte) =>
  isSpace(machine, byte) || beginValue(machine, byte) ? null : 'a value';

const valueOrEnd: State = (machine, byte) => {
  if (byte === CLOSE.array) return closeLevel(machine);
  return isSpace(machine, byte) || beginValue(machine, byte) ? null : 'a value or "]"';
};

const memberName: State = (machine, byte) =>
  isSpace(machine, byte) || beginName(machine, byte) ? null : 'a name';

const nameOrEnd: State = (machine, byte) => {
  if (byte === CLOSE.object) return closeLevel(machine);
  return isSpace(machine, byte) || beginName(machine, byte) ? null : 'a name or "}"';
};

const colon: State = (machine, byte) => {
  if (isSpace(machine, byte)) return null;
  machine.state = value;
  return byte === COLON ? null : '":"';
};

/** Behind a value. */
const behind: State = (machine, byte) => {
  if (isSpace(machine, byte)) return null;
  const { levels } = machine;
  if (levels.depth() === 0) return machine.isLineOver && beginValue(machine, byte) ? null : 'the end';
  const kind = levels.isObject() ? 'object' : 'array';
  if (byte === CLOSE[kind]) return closeLevel(machine);
  machine.state = kind === 'object' ? memberName : value;
  return byte === COMMA ? null : `"," or "${String.fromCharCode(CLOSE[kind])}"`;
};

const inWord: State = (machine, byte) => {
  const expected = machine.word.charCodeAt(machine.at);
  machine.at += 1;
  if (machine.at === machine.word.length) machine.state = behind;
  return byte === expected ? null : `"${machine.word}"`;
};

function isSpace(machine: Machine, byte: number): boolean {
  if (byte !== LINE_FEED) return SPACES.has(byte);
  if (machine.levels.depth() === 0) machine.isLineOver = true;
  else machine.isByLine = false;
  return true;
}

function beginValue(machine: Machine, byte: number): boolean {
  machine.next = behind;
  if (machine.levels.depth() === 0) beginText(machine, byte);
  if (byte === QUOTE) machine.state = inString;
  else if (byte === OPEN.object) openLevel(machine, true);
  else if (byte === OPEN.array) openLevel(machine, false);
  else if (byte === MINUS) machine.state = behindMinus;
  else if (isDigit(byte)) firstDigit(machine, byte);
  else return beginWord(machine, WORDS.get(byte));
  return true;
}

const behindMinus: State = (machine, byte) =>
  WORDS.get(byte) === 'Infinity' && beginWord(machine, 'Infinity') ? null : firstDigit(machine, byte);

/** Begins a value that is in no other. */
function beginText(machine: Machine, byte: number): void {
  machine.texts += 1;
  machine.isLineOver = false;
  if (byte !== OPEN.object && byte !== OPEN.array) machine.isByLine = false;
}

function beginWord(machine: Machine, word: string | undefined): boolean {
  if (word === undefined) return false;
  if (EXTENSIONS.includes(word)) machine.isExtended = true;
  Object.assign(machine, { word, at: 1, state: inWord });
  return true;
}

function beginName(machine: Machine, byte: number): boolean {
  machine.next = colon;
  machine.state = inString;
  return byte === QUOTE;
}

function openLevel(machine: Machine, isObject: boolean): void {
  machine.levels.push(isObject);
  machine.state = isObject ? nameOrEnd : valueOrEnd;
}

function closeLevel(machine: Machine): null {
  machine.levels.pop();
  machine.state = behind;
  return null;
}

/** A text with levels beyond `maxDepth`, which are not followed, is not verified. */
export function createJsonScanner({ maxDepth }: { readonly maxDepth: number }): Scanner {
  const machine = createMachine(first);
  let offset = 0;

  /** What is said of a slash that a chunk ends with, unless a comment begins there. */
  let slash: Verdict | null = null;

  function push(chunk: Uint8Array): Verdict | null {
    if (slash !== null) return isComment(chunk[0]) ? commented(offset - 1) : slash;
    for (let at = 0; at < chunk.length; at += 1) {
      // Most bytes of most texts.
      if (machine.state === inString) while (PLAIN_BYTES[chunk[at] ?? 0] === 1) at += 1;
      if (at === chunk.length) break;
      const byte = chunk[at] ?? 0;
      const expected = machine.state(machine, byte);
      if (expected !== null && byte === SLASH && at + 1 === chunk.length) {
        slash = rejected(expected, byte, offset + at);
        break;
      }
      if (expected !== null && byte === SLASH && isComment(chunk[at + 1])) return commented(offset + at);
      if (expected !== null) return rejected(expected, byte, offset + at);
      if (machine.levels.depth() > maxDepth)
        return { skipped: true, why: `it is nested deeper than ${maxDepth} levels` };
    }
    offset += chunk.length;
    return null;
  }

  function end(): Verdict {
    if (slash !== null) return slash;
    // A number has no end of its own; a space ends it, and means nothing elsewhere.
    const isSound = machine.state(machine, SPACE) === null;
    if (isSound && machine.state === behind && machine.levels.depth() === 0) return verdictOn(machine);
    return { ok: false, reason: `not JSON: it ends at byte ${offset}, before the value does` };
  }

  return { push, end };
}

/** Whether a comment begins with this byte behind a slash. */
function isComment(byte: number | undefined): boolean {
  return byte !== undefined && COMMENTS.has(byte);
}

function commented(at: number): Verdict {
  return {
    skipped: true,
    why: `it has a comment at byte ${at}, which JSON has not: what stands behind it is not read`,
  };
}

function verdictOn({ texts, isByLine, isExtended }: Machine): Verdict {
  if (isExtended) return { skipped: true, why: 'it holds NaN or Infinity, which JSON has not' };
  if (texts === 1 || isByLine) return { ok: true };
  return { skipped: true, why: `it holds ${texts} values, and not one object or array on every line` };
}

function rejected(expected: string, byte: number, at: number): Verdict {
  const found = byte > SPACE && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `0x${byte.toString(16)}`;
  return { ok: false, reason: `not JSON: expected ${expected}, found ${found} at byte ${at}` };
}
