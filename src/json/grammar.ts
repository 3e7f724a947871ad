/**
 * The grammar of JSON texts (RFC 8259), and of what other writers make of it: NaN and Infinity, and several values. Every state
 * is a function that takes the next byte.
 */

import type { Machine, State } from './machine.ts';
import { BOM, firstDigit, inString, isDigit, MINUS, QUOTE } from './tokens.ts';

/** Numbers that JSON does not have, and that Python, among others, writes all the same. */
const EXTENSIONS: readonly string[] = ['NaN', 'Infinity'];

const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = { array: 0x5b, object: 0x7b } as const;
const CLOSE = { array: 0x5d, object: 0x7d } as const;
/** Ends a number, and means nothing elsewhere. */
export const SPACE = 0x20;
const SPACES = new Set(Buffer.from(' \t\r\n'));
export const LINE_FEED = 0x0a;
const WORDS = new Map(['true', 'false', 'null', ...EXTENSIONS].map((word) => [word.charCodeAt(0), word]));

/** Before the first value. */
export const first: State = (machine, byte) => {
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

/** Before a value. */
export const value: State = (machine, byte) =>
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
export const behind: State = (machine, byte) => {
  if (isSpace(machine, byte)) return null;
  const { levels } = machine;
  if (levels.depth() === 0) return mayFollow(machine, byte) && beginValue(machine, byte) ? null : 'the end';
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

/** Whether another value can begin behind the last: on a line of its own, or where it shows by itself that it is another. */
function mayFollow({ isLineOver }: Machine, byte: number): boolean {
  return isLineOver || isOpening(byte);
}

/** Begins a value that is in no other. */
function beginText(machine: Machine, byte: number): void {
  machine.isByLine &&= isOpening(byte) && (machine.texts === 0 || machine.isLineOver);
  machine.texts += 1;
  machine.isLineOver = false;
}

function isOpening(byte: number): boolean {
  return byte === OPEN.object || byte === OPEN.array;
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
