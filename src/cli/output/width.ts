/** Text comes in, how many columns of a terminal it takes goes out; and the same text cut, filled up or broken to fit. */

/** What takes no column: it stands on the character before it. */
const COMBINING = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11FF\uD7B0-\uD7FF]$/u;

/** What takes two columns: East Asian wide and full-width characters, and what is shown as an emoji by itself. */
const WIDE =
  /^[\u1100-\u115F\u2329\u232A\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{18DFF}\u{1AFF0}-\u{1B2FF}\u{1F200}-\u{1F265}\u{20000}-\u{3FFFD}\p{Emoji_Presentation}]$/u;

const PLAIN = /^[ -~]*$/;

function widthOf(character: string): number {
  if (PLAIN.test(character)) return 1;
  if (COMBINING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Columns that printable text takes. */
export function width(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += widthOf(character);
  return columns;
}

/** The text in at most so many columns; where it is longer, `…` stands for the rest. */
export function cut(text: string, columns: number): string {
  return width(text) <= columns ? text : `${beginning(text, columns - 1)}${columns > 0 ? '…' : ''}`;
}

/** As much of the text as fits, with what combines with its last character. */
function beginning(text: string, columns: number): string {
  let left = columns;
  let fitting = '';
  for (const character of text) {
    left -= widthOf(character);
    if (left < 0) break;
    fitting += character;
  }
  return fitting;
}

/** The text in exactly so many columns, or in more where it is longer. */
export function fill(text: string, columns: number, side: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, columns - width(text)));
  return side === 'left' ? text + space : space + text;
}

/** The text in lines of at most so many columns, broken between words, and within words that are longer. */
export function wrap(text: string, columns: number): string[] {
  if (width(text) <= columns) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (width(longer) <= columns) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = broken(word, columns);
    line = pieces.pop() ?? '';
    lines.push(...pieces);
  }
  return [...lines, line];
}

function broken(word: string, columns: number): string[] {
  const pieces: string[] = [];
  let rest = word;
  while (width(rest) > columns) {
    // A terminal of one column still gets one character a line.
    const piece = beginning(rest, columns) || String.fromCodePoint(rest.codePointAt(0) ?? 0);
    pieces.push(piece);
    rest = rest.slice(piece.length);
  }
  return rest === '' ? pieces : [...pieces, rest];
}
