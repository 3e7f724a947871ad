import { describe, expect, it } from 'vitest';
import { paintPlain } from '../../../src/cli/output/paint.ts';
import { fitted, line, widthsOf, type Column } from '../../../src/cli/output/table.ts';
import { clip, fill, width, breakLines } from '../../../src/cli/output/width.ts';
import { escapeAll } from '../../../src/model/printable.ts';

describe('width()', () => {
  it.each([
    ['plain', 5],
    ['zażółć', 6],
    ['счета', 5],
    ['約定', 4],
    ['한글', 4],
    ['ﾊﾝｶｸ', 4],
    ['ＦＵＬＬ', 8],
    ['💰', 2],
    ['☎', 1],
    ['⌚', 2],
    // An e and an acute accent of its own.
    ['e\u0301', 1],
    ['नि', 2],
    // Sequences that are drawn as one emoji.
    ['👨\u200d👩\u200d👧', 2],
    ['🇵🇱', 2],
    ['👍🏽', 2],
    ['1\ufe0f\u20e3', 2],
    ['\u{20000}', 2],
    ['…', 1],
    ['–', 1],
  ])('of %s is %d', (text, columns) => expect(width(text)).toBe(columns));
});

describe('clip()', () => {
  it.each([
    ['plain', 5, 'plain'],
    ['plain', 4, 'pla…'],
    ['plain', 1, '…'],
    ['plain', 0, ''],
    ['約定書', 5, '約定…'],
    ['約定書', 4, '約…'],
    ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
    ['💰💰', 3, '💰…'],
    ['👨\u200d👩\u200d👧👨\u200d👩\u200d👧', 3, '👨\u200d👩\u200d👧…'],
  ])('makes %j fit into %d columns', (text, columns, short) => expect(clip(text, columns)).toBe(short));
});

it('fill() fills up by columns, not by characters', () => {
  expect(fill('約定', 6, 'left')).toBe('約定  ');
  expect(fill('約定', 6, 'right')).toBe('  約定');
  expect(fill('longer', 3, 'left')).toBe('longer');
});

describe('breakLines()', () => {
  it('breaks between words, and words that are longer than a line', () => {
    expect(breakLines('one two three', 7)).toEqual(['one two', 'three']);
    expect(breakLines('abcdefghij kl', 4)).toEqual(['abcd', 'efgh', 'ij', 'kl']);
    expect(breakLines('約定書約定書', 5)).toEqual(['約定', '書約', '定書']);
    expect(breakLines('約', 1)).toEqual(['約']);
    expect(breakLines('', 3)).toEqual(['']);
  });

  it('leaves characters as they are written, composed or not', () => {
    const text = `zażółć ${'zażółć gęślą jaźń'.normalize('NFD')} Å한글 `.repeat(4).trim();
    for (const columns of [3, 7, 20]) {
      const lines = breakLines(text, columns);
      expect(Math.max(...lines.map(width))).toBeLessThanOrEqual(columns);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    }
    expect(breakLines('e\u0301e\u0301 e\u0301e\u0301', 3)).toEqual(['e\u0301e\u0301', 'e\u0301e\u0301']);
  });

  it('loses nothing, and no line is too long', () => {
    const text = '"trades.db" has 300 bytes on disk but 512 in the manifest 約定 💰 '.repeat(5).trim();
    for (let columns = 2; columns < 80; columns += 1) {
      const lines = breakLines(text, columns);
      expect(Math.max(...lines.map(width))).toBeLessThanOrEqual(columns);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    }
  });
});

describe('a table', () => {
  const columns: readonly Column[] = [
    { title: 'NAME', align: 'left', atLeast: 4 },
    { title: 'SIZE', align: 'right' },
    { title: 'NOTE', align: 'left', atLeast: 4 },
  ];
  const rows = [
    [{ text: '約定書' }, { text: '7 B' }, { text: 'none' }],
    [{ text: 'a' }, { text: '1,024 B' }, { text: 'a long note about it' }],
  ];
  const draw = (limit: number | null): string[] => {
    const widths = fitted(columns, widthsOf(columns, rows), limit);
    return rows.map((row) => line(columns, widths, row, paintPlain));
  };

  it('is aligned by columns of the terminal', () => {
    expect(draw(null)).toEqual(['約定書      7 B  none', 'a       1,024 B  a long note about it']);
  });

  it('is cut where most can be cut, and never where nothing may', () => {
    expect(draw(25)).toEqual(['約定書      7 B  none', 'a       1,024 B  a long …']);
    expect(draw(20)).toEqual(['約…       7 B  none', 'a     1,024 B  a lo…']);
    expect(draw(1)).toEqual(['約…       7 B  none', 'a     1,024 B  a l…']);
  });
});

it('escapeAll() leaves nothing that steers a terminal, turns the writing, or is not seen', () => {
  const bad =
    '\u0000\u001b[31m\u0085\u200b\u202e\u2066\u2028\ufeff\u00ad\u3164\u115f\u034f\ufe0f\u{e0100}\u2800\ue000';
  expect(escapeAll(bad)).toMatch(/^[ -~]+$/);
  expect(escapeAll('約定 💰 e\u0301 ż')).toBe('約定 💰 e\u0301 ż');
});
