/** Scans JSON texts: values in UTF-8, with or without a byte order mark. */

import { behind, first, SPACE } from '../../json/grammar.ts';
import { createMachine, type Machine } from '../../json/machine.ts';
import { inString, PLAIN_BYTES } from '../../json/tokens.ts';
import type { Scanner } from '../thread/scanner.ts';
import type { Verdict } from '../../content/validator.ts';

const SLASH = 0x2f;
const COMMENTS = new Set(Buffer.from('/*'));

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
    // A number has no end of its own.
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
