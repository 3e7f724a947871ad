/**
 * Parses the bytes of a manifest as bounded JSON. Depth and number of tokens are counted before anything is parsed: eight
 * megabytes of `[` would cost more than a second and 29 times their size.
 */

import { locateJsonFault } from '../json/locate-fault.ts';
import { BACKSLASH, QUOTE } from '../json/tokens.ts';
import type { Parsed } from './schemas.ts';

/** How much structure a manifest may have. */
export interface JsonLimits {
  readonly depth: number;
  /** Brackets, braces, commas and colons outside of strings. */
  readonly tokens: number;
}

export function parseJson(bytes: Uint8Array, limits: JsonLimits): Parsed<unknown> {
  const excess = scanLimits(bytes, limits);
  if (excess !== null) return malformed(excess);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return malformed('not UTF-8');
  }
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    const fault = locateJsonFault(bytes);
    return malformed(fault === null ? 'not JSON' : `not JSON: ${fault}`);
  }
}

function malformed(message: string): Parsed<never> {
  return { ok: false, issues: [{ path: '', message }] };
}

function scanLimits(bytes: Uint8Array, limits: JsonLimits): string | null {
  let depth = 0;
  let tokens = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (inString) {
      if (byte === QUOTE) inString = isEscaped(bytes, at);
    } else if (byte === QUOTE) inString = true;
    else if (isToken(byte)) {
      tokens += 1;
      if (byte === 0x5b || byte === 0x7b) depth += 1;
      else if (byte === 0x5d || byte === 0x7d) depth -= 1;
      if (depth > limits.depth) return `nested deeper than ${limits.depth}`;
      if (tokens > limits.tokens) return `more structure than a manifest has: over ${limits.tokens} tokens`;
    }
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
