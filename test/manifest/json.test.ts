import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson, type JsonLimits } from '../../src/manifest/json.ts';
import type { Parsed } from '../../src/manifest/schemas.ts';

/** Far more than any of these texts has. */
const AMPLE: JsonLimits = { depth: 1_000, tokens: 1_000_000 };
/** What a run manifest may have by default. */
const DEFAULT: JsonLimits = { depth: 64, tokens: 3_521_000 };

function parsed(json: string | Uint8Array, limits = AMPLE): Parsed<unknown> {
  return parseJson(typeof json === 'string' ? Buffer.from(json) : json, limits);
}

function refused(message: string): Parsed<never> {
  return { ok: false, issues: [{ path: '', message }] };
}

/** What is said of texts that are no JSON. */
const PLACED =
  /^not JSON: (?:it is empty|expected .+, found ".+" at line \d+, column \d+|it ends at line \d+, column \d+, before the value does)$/;

function columnOf(answer: Parsed<unknown>): number {
  return answer.ok ? 0 : Number(/column (\d+)/.exec(answer.issues[0]?.message ?? '')?.[1] ?? 1);
}

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

describe('parseJson() says what JSON.parse says', () => {
  it('to any value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.nat(3), (value, indent) => {
        const json = JSON.stringify(value, null, indent);
        expect(parsed(json)).toStrictEqual({ ok: true, value: JSON.parse(json) });
      }),
    );
  });

  it('to any text, or refuses it as well', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '\\"',
      'a',
      '1',
      'null',
      ' ',
      '\\u0022',
    );
    fc.assert(
      fc.property(
        fc.array(pieces).map((all) => all.join('')),
        (json) => {
          let fault: string | null = null;
          try {
            expect(parsed(json)).toStrictEqual({ ok: true, value: JSON.parse(json) as unknown });
          } catch (reason) {
            if (!(reason instanceof SyntaxError)) throw reason;
            fault = reason.message;
          }
          if (fault === null) return;
          const answer = parsed(json);
          expect(answer.ok ? '' : answer.issues[0]?.message).toMatch(PLACED);
          // Where the engine says it too; it never begins a line in these texts.
          const position = / in JSON at position (\d+)(?: \(.*\))?$/.exec(fault)?.[1];
          if (position !== undefined) expect(columnOf(answer)).toBe(Number(position) + 1);
        },
      ),
    );
  });

  it('to a byte order mark before it', () => {
    expect(parsed('\ufeff{"a":1}')).toEqual({ ok: true, value: { a: 1 } });
  });

  it('to a text that is longer than what is looked at in one go', () => {
    const text = '\\"[{'.repeat(1 << 20);
    expect(parsed(`["${text}", "${text}"]`, { depth: 1, tokens: 3 })).toMatchObject({ ok: true });
  });
});

describe('parseJson() counts as structure', () => {
  const three: JsonLimits = { depth: 3, tokens: 11 };

  it.each([
    ['nothing inside of a string', '"[[[[[[[[[[[["'],
    ['nothing after an escaped quote', '["\\"[[[[[[[[[[[["]'],
    ['nothing after an escaped backslash and an escaped quote', '["\\\\\\"[[[[[[[[[[[["]'],
    ['nothing in a key', '{"[[[[{{{{,,,,::::":1}'],
    ['depth that was left again', '[[[]],[[]]]'],
  ])('%s', (_, json) => {
    expect(parsed(json, three)).toEqual({ ok: true, value: JSON.parse(json) });
  });

  it.each([
    ['what follows a string that ends in an escaped backslash', '["\\\\", [[[]]]]'],
    ['brackets and braces alike', '[{"a":[{"b":1}]}]'],
    ['what is no JSON at all', '[[[[ not JSON'],
  ])('%s', (_, json) => {
    expect(parsed(json, three)).toEqual(refused('nested deeper than 3'));
  });

  it('exactly as many levels as there are', () => {
    expect(parsed(nested(64), DEFAULT)).toHaveProperty('ok', true);
    expect(parsed(nested(65), DEFAULT)).toEqual(refused('nested deeper than 64'));
  });

  it('exactly as many brackets, braces, commas and colons as there are', () => {
    const json = '{"a":[1,2,3],"b":{}}';
    expect(parsed(json, { depth: 2, tokens: 11 })).toHaveProperty('ok', true);
    const message = 'more structure than a manifest has: over 10 tokens';
    expect(parsed(json, { depth: 2, tokens: 10 })).toEqual(refused(message));
  });
});

describe('parseJson() refuses, before it parses', () => {
  it('eight megabytes of brackets', () => {
    expect(parsed(Buffer.alloc(8 << 20, '['), DEFAULT)).toEqual(refused('nested deeper than 64'));
  });

  it('2.6 million empty objects', () => {
    const message = `more structure than a manifest has: over ${DEFAULT.tokens} tokens`;
    expect(parsed(`[${'{},'.repeat(2_600_000)}{}]`, DEFAULT)).toEqual(refused(message));
  });
});

describe('parseJson() refuses what is no UTF-8', () => {
  it.each([
    ['a byte that begins nothing', [0xff]],
    ['a continuation alone', [0x80]],
    ['a slash in two bytes', [0xc0, 0xaf]],
    ['a slash in three bytes', [0xe0, 0x80, 0xaf]],
    ['a high surrogate', [0xed, 0xa0, 0x80]],
    ['a pair of surrogates', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
    ['a code point past the last', [0xf4, 0x90, 0x80, 0x80]],
    ['a sequence cut off by the quote', [0xe2, 0x82]],
  ])('%s', (_, bytes) => {
    expect(parsed(Buffer.from([0x22, ...bytes, 0x22]))).toEqual(refused('not UTF-8'));
  });

  it.each([
    ['cut off at the end', Buffer.from([0x22, 0xe2, 0x82])],
    ['in UTF-16', Buffer.from('\ufeff{}', 'utf16le')],
  ])('%s', (_, bytes) => {
    expect(parsed(bytes)).toEqual(refused('not UTF-8'));
  });
});

describe('parseJson() says where a text is no JSON', () => {
  it.each([
    ['', 'it is empty'],
    ['\ufeff', 'it is empty'],
    [' ', 'it ends at line 1, column 2, before the value does'],
    ['{', 'it ends at line 1, column 2, before the value does'],
    ['{\n  "a": [1,\n', 'it ends at line 3, column 1, before the value does'],
    ['"\\', 'it ends at line 1, column 3, before the value does'],
    ['1.', 'it ends at line 1, column 3, before the value does'],
    ['[1,]', 'expected a value, found "]" at line 1, column 4'],
    ['{"a":1,}', 'expected a name, found "}" at line 1, column 8'],
    ["{'a':1}", 'expected a name or "}", found "\'" at line 1, column 2'],
    ['{"a" 1}', 'expected ":", found "1" at line 1, column 6'],
    ['01', 'expected the end, found "1" at line 1, column 2'],
    ['+1', 'expected a value, found "+" at line 1, column 1'],
    ['NaN', 'expected a value, found "N" at line 1, column 1'],
    ['[1, -Infinity]', 'expected a value, found "I" at line 1, column 6'],
    ['1 2', 'expected the end, found "2" at line 1, column 3'],
    ['{}\n{}', 'expected the end, found "{" at line 2, column 1'],
    ['// no\n1', 'expected a value, found "/" at line 1, column 1'],
    ['"\n"', 'expected no control character in a string, found "\\u000a" at line 1, column 2'],
    ['"\\x"', 'expected an escape, found "x" at line 1, column 3'],
    ['\0', 'expected a value, found "\\u0000" at line 1, column 1'],
    ['tru', 'it ends at line 1, column 4, before the value does'],
    ['[trve]', 'expected "true", found "v" at line 1, column 4'],
    // A character is one column, whatever it takes in UTF-8 or UTF-16, and a byte order mark is none.
    ['\ufeff{"é約𝄞": x}', 'expected a value, found "x" at line 1, column 9'],
    ['["é",\r\n "約", 𝄞]', 'expected a value, found "𝄞" at line 2, column 7'],
    ['{\r\n\r\n"a": 1\r\n"b": 2}', 'expected "," or "}", found "\\"" at line 4, column 1'],
    ['[1]\ufeff', 'expected the end, found "\\ufeff" at line 1, column 4'],
  ])('%j', (json, where) => {
    expect(parsed(json)).toEqual(refused(`not JSON: ${where}`));
  });

  it('also behind a very long line', () => {
    expect(parsed(`["${'x'.repeat(1 << 24)}" 1]`)).toEqual(
      refused('not JSON: expected "," or "]", found "1" at line 1, column 16777221'),
    );
  });
});
