import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { tar } from '../../src/validators/index.ts';
import { scratch } from '../support/scratch.ts';
import { flipsOf, truncationsOf, verdictOn, verdictsOn } from '../support/validated.ts';

const verdict = (content: Uint8Array | string, name = 'a.tar', options = {}): Promise<string> =>
  verdictOn({ name, content, validators: [tar(options)] });

const BLOCK = 512;
const END = Buffer.alloc(2 * BLOCK);
const MAGIC = Buffer.from('ustar');
/** The type of a sparse entry in the format of GNU tar. */
const SPARSE = 0x53;

/** A header, by hand. */
function header(over: { name?: string; size?: number | Buffer; type?: string; magic?: string } = {}): Buffer {
  const { name = 'a', size = 0, type = '0', magic = 'ustar\u000000' } = over;
  const block = Buffer.alloc(BLOCK);
  block.write(name);
  block.write('0000644\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  if (typeof size === 'number') block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  else size.copy(block, 124);
  block.write('00000000000\0', 136);
  block.write(type, 156);
  block.write(magic, 257, 'latin1');
  return summed(block);
}

function summed(block: Buffer): Buffer {
  block.write('        ', 148);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** Data with its padding. */
function data(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
}

/** An extended header of one record, `<length> <text>\n`; the length counts itself. */
function extended(type: 'x' | 'X' | 'g', text: string): Buffer {
  const lengths = [1, 2, 3].map((digits) => digits + 1 + Buffer.byteLength(text) + 1);
  const length = lengths.find((total, index) => String(total).length === index + 1)!;
  return Buffer.concat([header({ type, size: length }), data(`${length} ${text}\n`)]);
}

/** A size in base 256. */
function binary(size: bigint): Buffer {
  const field = Buffer.alloc(12);
  field[0] = 0x80;
  field.writeBigUInt64BE(size, 4);
  return field;
}

/** A long name of the entry to come. */
const longName = Buffer.concat([header({ type: 'L', size: 600 }), data('n'.repeat(600))]);

const one = Buffer.concat([header({ size: 5 }), data('hello'), END]);

describe('tar() agrees with', () => {
  const cases: [string, Uint8Array][] = [
    ['one file', one],
    ['no entry at all', END],
    ['the blocking of GNU tar', Buffer.concat([one, Buffer.alloc(10_240 - one.length)])],
    ['a header of the old format', Buffer.concat([header({ size: 5, magic: '' }), data('hello'), END])],
    ['a size in base 256', Buffer.concat([header({ size: binary(5n) }), data('hello'), END])],
    [
      'a size with spaces',
      Buffer.concat([header({ size: Buffer.from('          5 ') }), data('hello'), END]),
    ],
    [
      'links and directories that tell a size',
      Buffer.concat(['1', '2', '5'].map((type) => header({ type, size: 5_000 })).concat(one)),
    ],
    ['a long name', Buffer.concat([longName, one])],
    ['an extended header', Buffer.concat([extended('x', 'path=xx'), one])],
    ['an extended header of nothing', Buffer.concat([header({ type: 'x' }), one])],
    [
      'an extended header that tells the size',
      Buffer.concat([
        extended('x', 'size=5'),
        header({ size: 0 }),
        data('hello'),
        header({ size: 600 }),
        data('x'.repeat(600)),
        END,
      ]),
    ],
    ...['2', '3', '4', '5', '6'].map((type): [string, Uint8Array] => [
      `an extended header that tells the size of an entry of type ${type}, which has no data`,
      Buffer.concat([extended('x', 'size=5000'), header({ type }), one]),
    ]),
    [
      'an extended header that tells the size of a hard link, which has data then',
      Buffer.concat([extended('x', 'size=5'), header({ type: '1' }), data('hello'), one]),
    ],
    [
      'an extended header of Solaris that tells the size (borg#8479)',
      Buffer.concat([extended('X', 'size=5'), header({ size: 0 }), data('hello'), END]),
    ],
    ['records that a NUL ends', Buffer.concat([header({ type: 'x', size: 9 }), data('6 a=b\n\0zz'), one])],
    ['a global extended header', Buffer.concat([extended('g', 'comment=xyz'), one])],
    ['a global extended header alone (libarchive#423)', Buffer.concat([extended('g', 'comment=xyz'), END])],
    ['the label of a volume alone (libarchive#1062)', Buffer.concat([header({ type: 'V' }), END])],
    [
      'a checksum of signed bytes',
      Buffer.concat([signed(header({ name: 'é', size: 5 })), data('hello'), END]),
    ],
  ];
  it.each(cases)('%s', async (_, content) => expect(await verdict(content)).toBe('ok'));
});

/** The same header, with the checksum that some old writers made. */
function signed(block: Buffer): Buffer {
  block.write('        ', 148);
  const sum = block.reduce((total, byte) => total + (byte < 128 ? byte : byte - 256), 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

describe('tar() agrees with GNU tar on a size of', () => {
  const sizes: [string, string][] = [
    ['0000005\0zzzz', 'ok'],
    ['0000005 zzzz', 'ok'],
    ['\x0000000000005', 'ok'],
    ['\0     5\0', 'ok'],
    ['\t5', 'ok'],
    ['  5 7', 'ok'],
    ['0000005x', 'invalid'],
    ['00000058', 'invalid'],
    ['\0zzzz', 'invalid'],
    [' \0    5', 'invalid'],
    ['\0\x005', 'invalid'],
  ];
  it.each(sizes)('%j', async (size, expected) => {
    const entry = header({ size: Buffer.from(size, 'latin1') });
    const content = Buffer.concat([entry, data('hello'), END]);
    const { status } = spawnSync('tar', ['-t', '-f', '-'], { input: content });
    expect(status === 0 ? 'ok' : 'invalid').toBe(expected);
    expect((await verdict(content)).split(':')[0]).toBe(expected);
  });
});

/** The same header with a flipped byte. */
function damaged(block: Buffer): Buffer {
  block[10]! ^= 0xff;
  return block;
}

describe('tar() rejects', () => {
  const cases: [string, Uint8Array, string][] = [
    [
      'an end marker that is cut off',
      one.subarray(0, 2047),
      'it ends at byte 2047, in the middle of a block',
    ],
    [
      'a header that is cut off',
      Buffer.concat([one.subarray(0, 1024), header().subarray(0, 100)]),
      'it ends at byte 1124, in the middle of a block',
    ],
    [
      'no entry behind an extended header',
      Buffer.concat([one.subarray(0, 1024), extended('x', 'path=xx')]),
      'it ends at byte 2048, before an entry begins',
    ],
    ['no entry behind a long name', longName, 'it ends at byte 1536, before an entry begins'],
    [
      'one zero block between entries',
      Buffer.concat([Buffer.alloc(BLOCK), one]),
      'a single zero block before byte 512',
    ],
    ['data that is cut off', one.subarray(0, 514), 'it ends at byte 514, 510 bytes before an entry does'],
    [
      'a size that goes past the end',
      Buffer.concat([header({ size: 5_000 }), data('hello'), END]),
      'it ends at byte 2048, 3584 bytes before an entry does',
    ],
    [
      'an enormous size',
      Buffer.concat([header({ size: binary(2n ** 52n) }), data('hello'), END]),
      'it ends at byte 2048, 4503599627368960 bytes before an entry does',
    ],
    [
      'a size beyond all numbers',
      Buffer.concat([header({ size: binary(2n ** 60n) }), data('hello'), END]),
      'a header with no size at byte 0',
    ],
    [
      'a size that is none',
      Buffer.concat([header({ size: Buffer.from('hello') }), data('hello'), END]),
      'a header with no size at byte 0',
    ],
    [
      'a size that is too small',
      Buffer.concat([header({ size: 5 }), data('x'.repeat(600)), END]),
      'a header with a wrong checksum at byte 1024',
    ],
    ['a first header that is damaged', damaged(header()), 'a header with a wrong checksum at byte 0'],
    [
      'an extended header without records',
      Buffer.concat([header({ type: 'x', size: 5 }), data('hello'), one]),
      'an extended header with a broken record before byte 1024',
    ],
    ...['0 ', '1 ', '2 ', '3 ', '8 hello', '99 a=b', ' 6 a=b'].map((record): [string, Uint8Array, string] => {
      const records = `12 path=abc\n${record}\n`;
      return [
        `an extended header with the record ${JSON.stringify(record)} behind a good one`,
        Buffer.concat([header({ type: 'x', size: records.length }), data(records), one]),
        'an extended header with a broken record before byte 1024',
      ];
    }),
    [
      'an extended header with a size that is none',
      Buffer.concat([extended('x', 'size=x'), one]),
      'an extended header with no size that is one before byte 1024',
    ],
    [
      'an extended header that tells another size',
      Buffer.concat([extended('x', 'size=2000'), one]),
      'it ends at byte 3072, 512 bytes before an entry does',
    ],
  ];
  it.each(cases)('%s', async (_, content, expected) => {
    expect(await verdict(content)).toBe(`invalid: not a whole tar archive: ${expected}`);
  });
});

describe('tar() does not verify', () => {
  const unsure = 'whether entries are missing cannot be told';
  it.each([
    ['no end marker', one.subarray(0, 1024), `it ends at byte 1024 with no end marker: ${unsure}`],
    ['half an end marker', one.subarray(0, 1536), `it ends at byte 1536 with half an end marker: ${unsure}`],
    [
      'the end marker behind an extended header',
      Buffer.concat([one.subarray(0, 1024), extended('x', 'path=xx'), END]),
      `an entry was announced before its end marker at byte 2048, and does not follow: ${unsure}`,
    ],
    [
      'the end marker behind long names (libarchive#2434)',
      Buffer.concat([longName, longName, END]),
      `an entry was announced before its end marker at byte 3072, and does not follow: ${unsure}`,
    ],
    [
      'a volume of several that ends in an entry (ratarmount#118)',
      Buffer.concat([header({ type: 'M', size: 5 }), data('hello'), header({ size: 5_000 }), data('hello')]),
      `it is a volume of several, and ends at byte 2048, 4608 bytes before an entry does: ${unsure}`,
    ],
    [
      'a volume of several in the POSIX format that ends in an entry',
      Buffer.concat([extended('g', 'GNU.volume.offset=512'), header({ size: 5_000 }), data('hello')]),
      `it is a volume of several, and ends at byte 2048, 4608 bytes before an entry does: ${unsure}`,
    ],
    [
      'data behind the end marker',
      Buffer.concat([one, Buffer.from('x')]),
      'it goes on at byte 2048, behind its end marker, where nothing is read',
    ],
    [
      'blocks of data behind the end marker',
      Buffer.concat([one, Buffer.alloc(1_024), data('x'), Buffer.alloc(512)]),
      'it goes on at byte 3072, behind its end marker, where nothing is read',
    ],
    [
      'another archive behind the end marker',
      Buffer.concat([one, one]),
      'it goes on at byte 2048, behind its end marker, where nothing is read',
    ],
    ['text', Buffer.from('hello'.repeat(1_000)), 'it has the name of a tar archive, but begins like text'],
    ['a few bytes', Buffer.from('hello'), 'it has the name of a tar archive, but begins like text'],
    ['gzip', gzipSync(one), 'it has the name of a tar archive, but begins like gzip'],
  ])('%s', async (_, content, expected) => {
    expect(await verdict(content)).toBe(`not verified: validator "tar" says: ${expected}`);
  });

  it('an extended header that is too large to read', async () => {
    const content = Buffer.concat([header({ type: 'x', size: 2_000_000 }), Buffer.alloc(2_000_000), END]);
    expect(await verdict(content)).toBe(
      'not verified: validator "tar" says: its extended header at byte 0 has 2000000 bytes',
    );
  });
});

describe('tar() of an archive by GNU tar', () => {
  const home = join(scratch(), 'home');
  const pack = (...flags: string[]): Buffer =>
    execFileSync('tar', [...flags, '--sort=name', '-C', home, '-c', '.'], { maxBuffer: 1 << 28 });

  beforeAll(() => {
    mkdirSync(join(home, 'sub'), { recursive: true });
    writeFileSync(join(home, 'a'), randomBytes(3_000));
    writeFileSync(join(home, 'sub', 'n'.repeat(200)), 'long');
    writeFileSync(join(home, 'sub', 'é'.repeat(100)), 'long');
    writeFileSync(join(home, 'large'), randomBytes(2_000_000));
    writeFileSync(join(home, 'sparse'), 'x');
    // More holes than a header has room for.
    const sparse = openSync(join(home, 'sparse'), 'r+');
    for (let at = 1; at < 60; at += 1) writeSync(sparse, 'x', at * 65_536);
    closeSync(sparse);
    truncateSync(join(home, 'sparse'), 5_000_000);
    symlinkSync('a', join(home, 'link'));
    linkSync(join(home, 'a'), join(home, 'hard'));
  });

  it.each([
    ['--format=gnu'],
    ['--format=posix'],
    ['--format=v7', '--exclude=sub/*'],
    ['--format=ustar', '--exclude=sub/*'],
    ['--format=gnu', '--sparse'],
    ['--format=posix', '--sparse'],
    ['--format=gnu', '--blocking-factor=1'],
  ])('with %s %s agrees', async (...flags) => {
    expect(await verdict(pack(...flags.filter((flag) => flag !== undefined)))).toBe('ok');
  });

  it('agrees, whatever byte says that a sparse map goes on (libarchive#2125)', async () => {
    const archive = pack('--format=gnu', '--sparse');
    const blocks = Array.from({ length: archive.length / BLOCK }, (_, index) =>
      archive.subarray(index * BLOCK, (index + 1) * BLOCK),
    );
    const sparse = blocks.findIndex(
      (block) => block[156] === SPARSE && MAGIC.equals(block.subarray(257, 262)),
    );
    const [first, ...maps] = blocks.slice(sparse, sparse + 3);
    expect([first![482], ...maps.map((block) => block[504])]).toStrictEqual([1, 1, 1]);
    for (const block of maps) block.write('1', 504);
    first!.write('1', 482);
    summed(first!);
    execFileSync('tar', ['-t', '-f', '-'], { input: archive });
    expect(await verdict(archive)).toBe('ok');
  });

  it('rejects every truncation and every damaged header', async () => {
    const archive = pack('--format=gnu', '--sparse', '--exclude=large');
    const names = execFileSync('tar', ['-tR', '-f', '-'], { input: archive, encoding: 'utf8' });
    const headers = [...names.matchAll(/^block (\d+): /gm)].map(([, block]) => Number(block) * BLOCK);
    const ending = headers.pop()!;
    expect(headers.length).toBeGreaterThan(5);
    // Less than a header could be anything; at the end of an entry, nobody can know.
    const cut = truncationsOf(archive.subarray(0, ending + 2 * BLOCK), 1, 700);
    const truncations = cut.filter(({ length }) => length > BLOCK && !headers.includes(length));
    expect(truncations.length).toBeGreaterThan(20);
    const flips = flipsOf(
      archive,
      headers.map((at) => at + 10),
    );
    const all = await verdictsOn([...truncations, ...flips], { name: 'a.tar', validators: [tar()] });
    expect(all.filter((said) => !said.startsWith('invalid: '))).toStrictEqual([]);
    expect(all.slice(truncations.length)).toStrictEqual(
      headers.map((at) => `invalid: not a whole tar archive: a header with a wrong checksum at byte ${at}`),
    );
  });

  it('rejects a large one whose end is missing', async () => {
    expect(await verdict(pack().subarray(0, 2_000_000))).toMatch(/^invalid: .* ends at byte 2000000/);
  });
});

describe('tar() knows its files', () => {
  it.each([
    ['by magic, whatever they are called', one.subarray(0, 1023), 'trades.db', {}, 'invalid'],
    ['by name', 'text', 'x.TAR', {}, 'not verified'],
    ['not by magic where it is off', one.subarray(0, 1024), 'trades.db', { magic: false }, 'ok'],
    ['and no others', 'text', 'trades.db', {}, 'ok'],
  ])('%s', async (_, content, name, options, expected) => {
    expect((await verdict(content, name, options)).split(':')[0]).toBe(expected);
  });
});
