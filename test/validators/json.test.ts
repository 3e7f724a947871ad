import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { json, type Verdict } from '../../src/validators/index.ts';
import { createJsonScanner } from '../../src/validators/json/scanner.ts';
import { truncationsOf, verdictOn, verdictsOn } from '../support/validated.ts';

const verdict = (content: Uint8Array | string, options = {}): Promise<string> =>
  verdictOn({ name: 'a.json', content, validators: [json(options)] });

/** What the scanner says of a text that comes in pieces of so many bytes. */
function scan(bytes: Uint8Array, piece: number): Verdict {
  const scanner = createJsonScanner({ maxDepth: 100 });
  for (let at = 0; at < bytes.length; at += piece) {
    const said = scanner.push(bytes.subarray(at, at + piece));
    if (said !== null) return said;
  }
  return scanner.end();
}

const isTaken = (its: Verdict): boolean => 'ok' in its && its.ok;

/** What the platform says: its parser after a strict decoder. */
function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

const TEXTS = [
  '{}', '[]', '0', '-0', '12', '-1.50e+10', '1E5', '1e-0', '""', '"x"', 'true', 'false', 'null', ' \t\r\n[ ]\n',
  '{"a":1,"b":[true,false,null],"c":{"d":"e"}}', '[[[]],[{}],{"x":[]}]', '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud800"',
  '"é€😀\u007f"', '{"":0}', '[1,2]', '[ 1 , 2 ]', '{ "a" : 1 , "b" : 2 }', '[0.0]', '[-0e1]',
]; // prettier-ignore

const BROKEN = [
  ' ', 'tru', 'truE', 'nul', 'x', '[', ']', '{', '}', '[1', '[1,', '[1,]', '[,1]', '{"a"', '{"a":', '{"a":1', '{"a":1,',
  '{"a":1,}', '{a:1}', "{'a':1}", '{"a" 1}', '{1:1}', '[}', '{]', '{"a":1]', '[1}', '01', '-', '+1', '1.', '.5', '1e', '1e+',
  '0x1', '1 2', '{}{}', '[] x', '"', '"\\', '"\\x"', '"\\u12"', '"\\u12g4"', '"\n"', '"\u0000"', 'NaN', 'Infinity', '\ufeff\ufeff{}',
  '[1] // x', 'undefined', '"\\u', '--1', '1-', '[1 2]', '{"a":1 "b":2}', '[true false]', '{"a",1}', '\u00a0[]',
]; // prettier-ignore

const BAD_UTF8 = [
  [0xff], [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80], [0xf0, 0x80, 0x80, 0x80],
  [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xe2, 0x28, 0xa1], [0xc3, 0x28],
]; // prettier-ignore

describe('json() agrees with', () => {
  it('what is JSON', async () => {
    const contents = TEXTS.map((text) => Buffer.from(text));
    const all = await verdictsOn(contents, { name: 'a.json', validators: [json()] });
    expect(all).toStrictEqual(TEXTS.map(() => 'ok'));
  });

  it('a byte order mark, and one object or array on every line', async () => {
    const rows = Array.from({ length: 40_000 }, (_, id) => JSON.stringify({ id, name: `é ${id}` }));
    const texts = [
      '\ufeff{}',
      '\ufeff [1]\n',
      '{"a":1}\n{"a":2}\n',
      '{}\r\n\r\n[]',
      ' {} \n [] \n\n',
      rows.join('\n'),
      `\ufeff${rows.join('\n')}\n`,
    ];
    const all = await verdictsOn(
      texts.map((text) => Buffer.from(text)),
      { name: 'a.json', validators: [json()] },
    );
    expect(all).toStrictEqual(texts.map(() => 'ok'));
  });

  it('a large file', async () => {
    const text = JSON.stringify(
      Array.from({ length: 40_000 }, (_, id) => ({ id, name: `é ${id}`, ok: true })),
    );
    expect(await verdict(text)).toBe('ok');
  });

  it('as many levels as are followed', async () => {
    expect(await verdict(`${'['.repeat(1_000)}${']'.repeat(1_000)}`, { maxDepth: 1_000 })).toBe('ok');
    expect(await verdict(`${'[{"a":'.repeat(400_000)}1${'}]'.repeat(400_000)}`)).toBe('ok');
  });
});

describe('json() rejects', () => {
  it('what is not JSON, or not UTF-8', async () => {
    const inString = BAD_UTF8.map((bytes) => Buffer.from([0x22, ...bytes, 0x22]));
    const contents = [...BROKEN.map((text) => Buffer.from(text)), ...inString];
    const all = await verdictsOn(contents, { name: 'a.json', validators: [json()] });
    // What does not even begin like JSON is of some other kind; one has a comment, and one holds two values.
    const foreign = [
      'truE',
      'x',
      ']',
      '}',
      '+1',
      '.5',
      '{}{}',
      'NaN',
      'Infinity',
      '\ufeff\ufeff{}',
      '[1] // x',
      'undefined',
      '--1',
      '\u00a0[]',
    ];
    const agreed = contents.filter((_, index) => !all[index]!.startsWith('invalid: not JSON: '));
    expect(agreed.map(String)).toStrictEqual(foreign);
    expect(all.filter((said) => said === 'ok')).toStrictEqual([]);
    expect(
      all.slice(-inString.length).filter((said) => !said.includes('expected UTF-8, found ')),
    ).toStrictEqual([]);
  });

  it.each([
    ['{"a":1}\n{"a":', 'it ends at byte 13, before the value does'],
    ['{"a":1}\n{"a":2}}', 'expected the end, found "}" at byte 15'],
    ['{"a":1} 2', 'expected the end, found "2" at byte 8'],
    ['{}"a"', 'expected the end, found """ at byte 2'],
    ['{}{}}', 'expected the end, found "}" at byte 4'],
    ['01', 'expected the end, found "1" at byte 1'],
    ['[Nan]', 'expected "NaN", found "n" at byte 3'],
    ['[-NaN]', 'expected a digit, found "N" at byte 2'],
    ['[NaN', 'it ends at byte 4, before the value does'],
    ['[1 / 2]', 'expected "," or "]", found "/" at byte 3'],
    ['[1]/', 'expected the end, found "/" at byte 3'],
    ['\ufeff', 'it ends at byte 3, before the value does'],
  ])('%j', async (text, why) => expect(await verdict(text)).toBe(`invalid: not JSON: ${why}`));

  it('every truncation', async () => {
    const text = Buffer.from('{"a":[1,-2.5e3,"é\\u00e9",true,null],"b":{"c":"x"}}');
    const all = await verdictsOn(truncationsOf(text), { name: 'a.json', validators: [json()] });
    expect(all).toHaveLength(text.length - 1);
    expect(all.filter((said) => !said.startsWith('invalid: not JSON: it ends at byte'))).toStrictEqual([]);
  });

  it('a large file that ends too early, or goes on too long', async () => {
    const rows = '1234567,'.repeat(400_000);
    expect(await verdict(`[${rows}1`)).toBe(
      'invalid: not JSON: it ends at byte 3200002, before the value does',
    );
    expect(await verdict(`[${rows}1]]`)).toBe(
      'invalid: not JSON: expected the end, found "]" at byte 3200003',
    );
    expect(await verdict(`[1,${'"'.repeat(3)}${rows}]`)).toMatch(
      /^invalid: not JSON: expected "," or "]", found """ at byte 5/,
    );
  });

  it('says what was expected and found, and where', async () => {
    expect(await verdict('{"a":1,}')).toBe('invalid: not JSON: expected a name, found "}" at byte 7');
    expect(await verdict('{"a":"\\x"}')).toBe('invalid: not JSON: expected an escape, found "x" at byte 7');
  });
});

describe('json() does not verify', () => {
  it.each([
    ['{"a":1}\n{\n"a":2}', 2],
    ['[\n]\n[]\n[]', 3],
    ['1\n2', 2],
    ['{}\nnull\n', 2],
    ['{"a":1} {"a":2}\n', 2],
    ['\n{}{}', 2],
    ['{}\n{} []', 3],
    ['[][]\n[]', 3],
    ['1 [2]', 2],
  ])('%j, which holds several values in another layout', async (text, count) => {
    const why = `it holds ${count} values, and not one object or array on every line`;
    expect(await verdict(text)).toBe(`not verified: validator "json" says: ${why}`);
  });

  it.each([
    ['{"a":[NaN, 1]}', 'it holds NaN or Infinity, which JSON has not'],
    ['{"a":-Infinity}', 'it holds NaN or Infinity, which JSON has not'],
    ['{"a":1} // b', 'it has a comment at byte 8, which JSON has not: what stands behind it is not read'],
    [
      '{\n  /* b */ "a":1}',
      'it has a comment at byte 4, which JSON has not: what stands behind it is not read',
    ],
  ])('%j, which other writers of JSON take for it', async (text, why) => {
    expect(await verdict(text)).toBe(`not verified: validator "json" says: ${why}`);
  });

  it.each([
    ['text', '// a comment\n{}'],
    ['text', 'truE'],
    ['text', 'NaN'],
    ['UTF-16 text', Buffer.from('\ufeff{}', 'utf16le')],
    ['gzip', Buffer.from('1f8b0800', 'hex')],
    ['the bytes 1e7b7d0a', '\x1e{}\n'],
  ])('what begins like %s', async (like, text) => {
    const why = `it has the name of JSON, but begins like ${like}`;
    expect(await verdict(text)).toBe(`not verified: validator "json" says: ${why}`);
  });

  it('what is nested deeper than it follows', async () => {
    const said = 'not verified: validator "json" says: it is nested deeper than 100 levels';
    expect(await verdict('['.repeat(101), { maxDepth: 100 })).toBe(said);
    expect(await verdict(`${' '.repeat(2_000_000)}${'['.repeat(101)}`, { maxDepth: 100 })).toBe(said);
  });
});

describe('json() applies', () => {
  it('by name alone', async () => {
    expect(await verdictOn({ name: 'a.txt', content: '{', validators: [json()] })).toBe('ok');
    const validators = [json({ names: /\.txt$/ })];
    expect(await verdictOn({ name: 'a.txt', content: '{', validators })).toMatch(/^invalid/);
  });

  it.each([{ names: 'x' }, { maxDepth: 0 }, { maxDepth: 2 ** 31 }, { maxDepth: '1' }])(
    'and throws for options %j',
    (options) => expect(() => json(options as never)).toThrow(TypeError),
  );
});

describe('the scanner of json()', () => {
  const whole = [...TEXTS, ...BROKEN].map((text) => Buffer.from(text));
  const odd = BAD_UTF8.map((bytes) =>
    Buffer.concat([Buffer.from('"'), Buffer.from(bytes), Buffer.from('"')]),
  );

  it('says what the platform says, however the bytes are cut', () => {
    for (const bytes of [...whole, ...odd]) {
      for (const piece of [1, 2, 3, 1_000])
        expect(isTaken(scan(bytes, piece)), `${bytes.toString('latin1')} by ${piece}`).toBe(isJson(bytes));
    }
  });

  it('finds a comment that is cut in two', () => {
    for (const piece of [1, 2, 3]) expect(scan(Buffer.from('[]//'), piece)).toMatchObject({ skipped: true });
    expect(scan(Buffer.from('[]/x'), 3)).toMatchObject({ ok: false });
  });

  it('says what the platform says of texts with random damage', () => {
    const text = Buffer.from('{"a":[1,-2.5e3,"é\\u00e9\\n😀",true,null,{}],"b":{"c":"x","d":[[],0.5]}} ');
    const bytes = Buffer.from(' \t"\\{}[]:,0123.eE+-tfnu/é\u0000\u001fx', 'utf8');
    for (let round = 0; round < 20_000; round += 1) {
      const [where, what, length] = randomBytes(3);
      const at = where! % text.length;
      const insert = Buffer.of(bytes[what! % bytes.length]!);
      const damaged = Buffer.concat([text.subarray(0, at), insert, text.subarray(at + (length! % 3))]);
      expect(isTaken(scan(damaged, 1 + (length! % 7))), damaged.toString('latin1')).toBe(isJson(damaged));
    }
  });
});
