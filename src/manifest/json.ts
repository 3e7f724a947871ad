/**
 * The bytes of a manifest come in, the JSON value they say goes out, or why there is none. Depth and number of tokens
 * are counted before they are parsed: eight megabytes of `[` would cost more than a second and 29 times their size.
 */

import { turn, type Plan } from '../store/calls.ts';
import type { Parsed } from './schemas.ts';

/** How much structure a manifest may have. */
export interface JsonLimits {
  readonly depth: number;
  /** Brackets, braces, commas and colons outside of strings. */
  readonly tokens: number;
}

/** Bytes that are looked at before others get a turn. */
const STRIDE = 1 << 20;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export function* parseJson(bytes: Uint8Array, limits: JsonLimits): Plan<Parsed<unknown>> {
  const excess = yield* scan(bytes, limits);
  if (excess !== null) return refused(excess);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refused('not UTF-8');
  }
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return refused('not JSON');
  }
}

function refused(message: string): Parsed<never> {
  return { ok: false, issues: [{ path: '', message }] };
}

function* scan(bytes: Uint8Array, limits: JsonLimits): Plan<string | null> {
  let depth = 0;
  let tokens = 0;
  let inString = false;
  for (let from = 0; from < bytes.length; from += STRIDE) {
    if (from > 0) yield* turn();
    const end = Math.min(from + STRIDE, bytes.length);
    for (let at = from; at < end; at += 1) {
      const byte = bytes[at];
      if (inString) {
        if (byte === QUOTE) inString = isEscaped(bytes, at);
      } else if (byte === QUOTE) inString = true;
      else if (isToken(byte)) {
        tokens += 1;
        if (byte === 0x5b || byte === 0x7b) depth += 1;
        else if (byte === 0x5d || byte === 0x7d) depth -= 1;
        if (depth > limits.depth) return `nested deeper than ${limits.depth}`;
      }
    }
    if (tokens > limits.tokens) return `more structure than a manifest has: over ${limits.tokens} tokens`;
  }
  return null;
}

/** Whether the quote at this place is escaped: an odd number of backslashes stands before it. */
function isEscaped(bytes: Uint8Array, at: number): boolean {
  let before = at - 1;
  while (before >= 0 && bytes[before] === BACKSLASH) before -= 1;
  return (at - before) % 2 === 0;
}

/** One of `,` `:` `[` `]` `{` `}`. */
function isToken(byte: number | undefined): boolean {
  return byte === 0x2c || byte === 0x3a || byte === 0x5b || byte === 0x5d || byte === 0x7b || byte === 0x7d;
}
