/** Names from a disk and values of a manifest as text that is safe to print. */

/** Characters of a name or a value in a sentence. */
const LONGEST = 300;
/** What nearly all text is. */
const PLAIN_TEXT = /^[ -~]*$/;
/** Controls, marks that turn the direction of writing, and what is not seen at all, such as fillers and U+2800. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

function escape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** The text, or as many characters of it and an ellipsis. */
export function cut(text: string, longest = LONGEST): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** Escapes what could steer a terminal or mislead a reader, however long the text is. */
export function escapeAll(text: string): string {
  return PLAIN_TEXT.test(text) ? text : text.replace(UNPRINTABLE, escape);
}

/** Escapes what could steer a terminal or mislead a reader (controls, direction marks), and cuts very long text. */
export function printable(text: string): string {
  return escapeAll(cut(text));
}

/** The same between double quotes, so that it is clear where it ends. */
export function quote(text: string): string {
  return `"${escapeAll(cut(text).replace(/["\\]/g, '\\$&'))}"`;
}

/** What was found where something else was expected, as words. */
export function describe(value: unknown): string {
  try {
    return kindOfValue(value);
  } catch {
    return 'a value that cannot be read';
  }
}

function kindOfValue(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** The text of a name on disk; of one that is not UTF-8 the bytes outside ASCII are written as `\xNN`. */
export function textOf(name: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(name);
  } catch {
    return Array.from(name, (byte) =>
      byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`,
    ).join('');
  }
}
