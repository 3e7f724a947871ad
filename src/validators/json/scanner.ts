/**
 * The bytes of a JSON text come in, whether they are one goes out (RFC 8259): one value, UTF-8, no byte order mark.
 * Every state is a function that takes the next byte.
 */

import { createMachine, type Machine, type State } from './machine.ts';
import { firstDigit, inString, isDigit, MINUS, PLAIN, QUOTE } from './tokens.ts';
import type { Scanner } from '../thread/scanner.ts';
import type { Verdict } from '../validator.ts';

const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = { array: 0x5b, object: 0x7b } as const;
const CLOSE = { array: 0x5d, object: 0x7d } as const;
const SPACE = 0x20;
const SPACES = new Set(Buffer.from(' \t\r\n'));
const BOM = 0xef;
const WORDS = new Map(['true', 'false', 'null'].map((word) => [word.charCodeAt(0), word]));

/** Before the first value. */
const first: State = (machine, byte) =>
  byte === BOM ? 'a value, without a byte order mark' : value(machine, byte);

const value: State = (machine, byte) => (SPACES.has(byte) || beginValue(machine, byte) ? null : 'a value');

const valueOrEnd: State = (machine, byte) => {
  if (byte === CLOSE.array) return closeLevel(machine);
  return SPACES.has(byte) || beginValue(machine, byte) ? null : 'a value or "]"';
};

const name: State = (machine, byte) => (SPACES.has(byte) || beginName(machine, byte) ? null : 'a name');

const nameOrEnd: State = (machine, byte) => {
  if (byte === CLOSE.object) return closeLevel(machine);
  return SPACES.has(byte) || beginName(machine, byte) ? null : 'a name or "}"';
};

const colon: State = (machine, byte) => {
  if (SPACES.has(byte)) return null;
  machine.state = value;
  return byte === COLON ? null : '":"';
};

/** Behind a value. */
const behind: State = (machine, byte) => {
  if (SPACES.has(byte)) return null;
  const { levels } = machine;
  if (levels.depth() === 0) return 'the end';
  const kind = levels.isObject() ? 'object' : 'array';
  if (byte === CLOSE[kind]) return closeLevel(machine);
  machine.state = kind === 'object' ? name : value;
  return byte === COMMA ? null : `"," or "${String.fromCharCode(CLOSE[kind])}"`;
};

const inWord: State = (machine, byte) => {
  const expected = machine.word.charCodeAt(machine.at);
  machine.at += 1;
  if (machine.at === machine.word.length) machine.state = behind;
  return byte === expected ? null : `"${machine.word}"`;
};

function beginValue(machine: Machine, byte: number): boolean {
  machine.next = behind;
  if (byte === QUOTE) machine.state = inString;
  else if (byte === OPEN.object) openLevel(machine, true);
  else if (byte === OPEN.array) openLevel(machine, false);
  else if (byte === MINUS) machine.state = firstDigit;
  else if (isDigit(byte)) firstDigit(machine, byte);
  else return beginWord(machine, WORDS.get(byte));
  return true;
}

function beginWord(machine: Machine, word: string | undefined): boolean {
  if (word === undefined) return false;
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

/** Levels beyond `maxDepth` are not followed: the text is then not verified. */
export function createJsonScanner({ maxDepth }: { readonly maxDepth: number }): Scanner {
  const machine = createMachine(first);
  let offset = 0;

  function push(chunk: Uint8Array): Verdict | null {
    for (let at = 0; at < chunk.length; at += 1) {
      // Most bytes of most texts.
      if (machine.state === inString) while (PLAIN[chunk[at] ?? 0] === 1) at += 1;
      if (at === chunk.length) break;
      const byte = chunk[at] ?? 0;
      const expected = machine.state(machine, byte);
      if (expected !== null) return rejected(expected, byte, offset + at);
      if (machine.levels.depth() > maxDepth)
        return { skipped: true, why: `it is nested deeper than ${maxDepth} levels` };
    }
    offset += chunk.length;
    return null;
  }

  function end(): Verdict {
    // A number has no end of its own; a space ends it, and means nothing elsewhere.
    const isSound = machine.state(machine, SPACE) === null;
    if (isSound && machine.state === behind && machine.levels.depth() === 0) return { ok: true };
    return { ok: false, reason: `not JSON: it ends at byte ${offset}, before the value does` };
  }

  return { push, end };
}

function rejected(expected: string, byte: number, at: number): Verdict {
  const found = byte > SPACE && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `0x${byte.toString(16)}`;
  return { ok: false, reason: `not JSON: expected ${expected}, found ${found} at byte ${at}` };
}
