/** Columns of a terminal: how many a text takes, and the text cut, filled up or broken to fit into some. */

import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/** What a reader takes for one character: an emoji of a family is one, and is never cut in two. */
const CHARACTERS = new Intl.Segmenter('en', { granularity: 'grapheme' });

function* charactersOf(text: string): Generator<string> {
  for (const { segment } of CHARACTERS.segment(text)) yield segment;
}

/** Columns that printable text takes. */
export function width(text: string): number {
  return stringWidth(text);
}

/** The text in at most `columns` columns; where it is longer, `…` stands for the rest. */
export function clip(text: string, columns: number): string {
  return width(text) <= columns ? text : `${beginning(text, columns - 1)}${columns > 0 ? '…' : ''}`;
}

/** As many whole characters of the text as fit. */
function beginning(text: string, columns: number): string {
  let left = columns;
  let fitting = '';
  for (const character of charactersOf(text)) {
    left -= width(character);
    if (left < 0) break;
    fitting += character;
  }
  return fitting;
}

/** The text in exactly `columns` columns, or in more where it is longer. */
export function fill(text: string, columns: number, side: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, columns - width(text)));
  return side === 'left' ? text + space : space + text;
}

/** The text in lines of at most `columns` columns, broken between words, and within words that are longer. */
export function breakLines(text: string, columns: number): string[] {
  if (width(text) <= columns) return [text];
  const lines = wrapAnsi(text, columns, { hard: true }).split('\n');
  return text === text.normalize() ? lines : asWritten(text, lines);
}

/**
 * The lines with the characters of the text they were made from. wrap-ansi composes accents, and a name that is copied from
 * the terminal would then be that of another file. Composing changes no bounds of characters (UAX #29).
 */
function asWritten(text: string, lines: readonly string[]): string[] {
  const written = charactersOf(text);
  return lines.map((line) => {
    let restored = '';
    for (const character of charactersOf(line)) restored += nextWritten(written, character !== ' ');
    return restored;
  });
}

/** The next character; spaces at which the text was broken are in no line, and are passed over. */
function nextWritten(written: Iterator<string>, isPastSpaces: boolean): string {
  for (let step = written.next(); step.done !== true; step = written.next()) {
    if (!isPastSpaces || step.value !== ' ') return step.value;
  }
  return '';
}
