import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { zstd } from '../../src/validators/index.ts';
import { createFrameWalker } from '../../src/validators/zstd/frames.ts';
import { runChild } from '../support/built.ts';
import type { ContentsInput, ContentsOutput } from '../support/children/contents.ts';
import { lacks, NODE_26 } from '../support/needs.ts';
import { makeRun, RUN_ID } from '../support/runs.ts';
import { scratch } from '../support/scratch.ts';
import { flipsOf, truncationsOf, verdictOn, verdictsBy, verdictsOn } from '../support/validated.ts';

const HERE = 'createZstdDecompress' in zlib;
const without = HERE;
const tools = lacks('zstd files', 'zstd');
const lacking = tools || (!HERE && lacks('the content of zstd files', 'other versions of Node (npm ci --prefix test/nodes)')); // prettier-ignore
const node = HERE ? process.execPath : NODE_26;

const kind = { name: 'a.zst', validators: [zstd()] };
const verdicts = (contents: readonly Uint8Array[], settings = {}): Promise<string[]> =>
  verdictsBy(node, contents, { name: 'a.zst', validator: 'zstd', settings });

const pack = (content: string | Uint8Array, ...flags: string[]): Buffer =>
  execFileSync('zstd', ['-q', '-c', ...flags], { input: content, maxBuffer: 1 << 28 });

const text = 'one line of a backup\n'.repeat(40);
const noise = randomBytes(700_000);

/** A frame that says its size, with one raw block. */
function raw(content: string, { size = content.length, type = 0 } = {}): Buffer {
  const block = Buffer.alloc(3);
  block.writeUIntLE((content.length << 3) | (type << 1) | 1, 0, 3);
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, size]), block, Buffer.from(content)]);
}

function skippable(length: number, nibble = 0): Buffer {
  const head = Buffer.from([0x50 + nibble, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);
  head.writeUInt32LE(length, 4);
  return Buffer.concat([head, Buffer.alloc(length, 7)]);
}

const WHOLE: [string, () => Uint8Array][] = [
  ['one frame', () => pack(text)],
  ['a frame without a checksum', () => pack(text, '--no-check')],
  ['a frame of unknown size', () => pack(text, '--no-content-size')],
  ['many blocks', () => pack(noise)],
  ['high compression', () => pack(Buffer.concat([noise, noise]), '-19')],
  ['several frames', () => Buffer.concat([pack(text), pack(''), pack(noise), pack(text)])],
  ['skippable frames', () => Buffer.concat([skippable(3), pack(text), skippable(0, 15), skippable(300_000)])],
  ['a raw block', () => raw('hello')],
  ['blocks of one repeated byte', () => pack(Buffer.alloc(1_000_000))],
  ['a frame that ends where a chunk does', () => Buffer.concat([pack(text), skippable(262_144 - pack(text).length - 8), pack(text)])],
]; // prettier-ignore

const BROKEN: [string, () => Uint8Array, string][] = [
  ['three bytes', () => raw('hello').subarray(0, 3), 'it ends at byte 3, before a frame does'],
  ['text behind the last frame', () => Buffer.concat([raw('hello'), Buffer.from('text')]), 'no frame begins at byte 14'],
  ['a byte behind the last frame', () => Buffer.concat([raw('hello'), Buffer.of(0)]), 'it ends at byte 15, before a frame does'],
  ['zeros behind the last frame', () => Buffer.concat([raw('hello'), Buffer.alloc(600_000)]), 'no frame begins at byte 14'],
  ['a block of a kind that is none', () => raw('hello', { type: 3 }), 'a broken block begins at byte 6'],
  ['a block beyond its window', () => raw('hello', { size: 4 }), 'a broken block begins at byte 6'],
  ['a skippable frame that is cut off', () => skippable(600_000).subarray(0, -1), 'it ends at byte 600007, before a frame does'],
  ['a reserved bit', () => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x28, 0, 1, 0, 0]), 'a reserved bit is set before byte 5'],
]; // prettier-ignore

describe('zstd() without an engine', () => {
  const only =
    'not verified: validator "zstd" says: this Node.js has no zstd (22.15 and later have it), so only its structure was checked';

  it.skipIf(without || tools)('verifies nothing, however whole it looks', async () => {
    const all = await verdictsOn(WHOLE.map(([, content]) => content()), kind); // prettier-ignore
    expect(all).toStrictEqual(WHOLE.map(() => only));
  });

  it('says of skippable frames alone that they hold nothing', async () => {
    expect(await verdictsOn([Buffer.concat([skippable(3), skippable(0)])], kind)).toStrictEqual(['ok']);
  });

  it.each(BROKEN)('rejects %s', async (_, content, expected) => {
    expect(await verdictsOn([content()], kind)).toStrictEqual([`invalid: not whole zstd data: ${expected}`]);
  });

  it.skipIf(tools)('rejects every truncation', async () => {
    const files = [
      pack(text),
      pack(text, '--no-check'),
      Buffer.concat([raw('hello'), pack('x'), skippable(5)]),
    ];
    const truncations = files.flatMap((file) => truncationsOf(file));
    // Where it is cut between two frames, nobody can know.
    const isWhole = truncations.map((bytes) => [raw('hello').length, Buffer.concat([raw('hello'), pack('x')]).length].includes(bytes.length) && bytes[6] === raw('hello')[6]); // prettier-ignore
    const all = await verdictsOn(truncations, kind);
    const odd = all.filter(
      (said, index) => !isWhole[index] && !/^invalid: .* before a frame does$/.test(said),
    );
    expect(odd).toStrictEqual([]);
    expect(isWhole.filter(Boolean)).toHaveLength(2);
  });

  it.skipIf(tools)('rejects truncations of large files', async () => {
    const truncations = truncationsOf(pack(noise), 1_000, 50_021);
    const all = await verdictsOn(truncations, kind);
    expect(all.length).toBeGreaterThan(10);
    expect(all.filter((said) => !/^invalid: .* before a frame does$/.test(said))).toStrictEqual([]);
  });
});

/** How the verdict on a frame ends that fails inside. */
const HINT = ': it is damaged, or needs a dictionary that it does not name';

describe('zstd() with an engine', () => {
  it.skipIf(lacking)(
    'does not verify a frame that fails inside, and may need a dictionary without a name',
    async () => {
      const dictionary = join(scratch(), 'dictionary');
      writeFileSync(dictionary, noise.subarray(0, 4_096));
      const content = Buffer.concat([noise.subarray(1_000, 3_000), randomBytes(100)]);
      const old = join(scratch(), 'old');
      writeFileSync(old, noise);
      const changed = join(scratch(), 'changed');
      writeFileSync(changed, Buffer.concat([noise.subarray(5), content]));
      const patch = pack('', `--patch-from=${old}`, changed);
      const file = pack(content, '-D', dictionary, '--no-dictID');
      const [whole, cut, wrong, patched] = await verdicts([
        file,
        file.subarray(0, -1),
        flipsOf(pack(noise), [pack(noise).length - 1])[0]!,
        patch,
      ]);
      expect(whole).toMatch(
        /^not verified: validator "zstd" says: a frame cannot be decompressed \(.*\): it is damaged/,
      );
      expect(whole).toContain(HINT);
      expect(patched).toContain(HINT);
      expect(cut).toMatch(/^invalid: .* before a frame does$/);
      expect(wrong).toMatch(/^invalid: .*checksum/i);
    },
  );

  it.skipIf(lacking)('agrees with what is whole', async () => {
    expect(await verdicts(WHOLE.map(([, content]) => content()))).toStrictEqual(WHOLE.map(() => 'ok'));
  });

  it.skipIf(lacking)('rejects what is not', async () => {
    const all = await verdicts(BROKEN.map(([, content]) => content()));
    expect(all).toStrictEqual(BROKEN.map(([, , why]) => `invalid: not whole zstd data: ${why}`));
  });

  it.skipIf(lacking)('agrees with no flipped byte of a file with a checksum', async () => {
    const all = await verdicts(flipsOf(pack(text)));
    const invalid = all.filter((said) => said.startsWith('invalid: '));
    const unclear = all.filter((said) => said.endsWith(HINT));
    // Headers, lengths, checksums; and what is inside of a block, where a dictionary could be what is missing.
    expect(Math.min(invalid.length, unclear.length)).toBeGreaterThan(3);
    const agreed = all.flatMap((said, at) =>
      invalid.includes(said) || unclear.includes(said) ? [] : [[at, said]],
    );
    const foreign = agreed.splice(0, 4).map(([at, said]) => [at, /but begins like/.test(String(said))]);
    expect(foreign).toStrictEqual([0, 1, 2, 3].map((at) => [at, true]));
    // The byte that tells the window, and now one of almost two gigabytes.
    const window = 0xff ^ pack(text)[5]!;
    const size = 2 ** (10 + (window >> 3)) * (1 + (window & 7) / 8);
    const why = `not verified: validator "zstd" says: it needs a window of ${size} bytes`;
    expect(agreed).toStrictEqual([[5, why]]);
  });

  it.skipIf(lacking)('rejects every truncation, and a frame of another size than it says', async () => {
    const truncations = truncationsOf(pack(text));
    const all = await verdicts([...truncations, raw('hello', { size: 6 })]);
    expect(all.filter((said) => !said.startsWith('invalid: not whole zstd data: '))).toStrictEqual([]);
  });

  it.skipIf(lacking)(
    'does not verify what needs more than the file, or more memory than is sensible',
    async () => {
      const dictionary = Buffer.concat([
        Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x21, 9, 5]),
        raw('hello').subarray(6),
      ]);
      const large = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa0, 1, 0, 0]);
      const all = await verdicts([dictionary, large]);
      expect(all).toStrictEqual([
        'not verified: validator "zstd" says: it needs a dictionary',
        `not verified: validator "zstd" says: it needs a window of ${2 ** 30} bytes`,
      ]);
    },
  );

  it.skipIf(lacking)(
    'rejects a frame that decompresses to more than it says, as soon as it does',
    async () => {
      // A window of 1 MiB, and 8 GB in blocks of repeated bytes.
      const block = Buffer.from([0x02, 0, 0x10, 0x41]);
      const blocks = Buffer.concat(Array.from({ length: 60_000 }, () => block));
      const saying = (size: number): Buffer => {
        const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x80, 0x50, 0, 0, 0, 0]);
        head.writeUInt32LE(size, 6);
        return Buffer.concat([head, blocks]);
      };
      expect(await verdicts([saying(1), saying(3_000_000)])).toStrictEqual([
        'invalid: not whole zstd data: Destination buffer is too small',
        'invalid: not whole zstd data: a frame of 3000000 bytes decompresses to more',
      ]);
    },
  );

  it.skipIf(lacking)('ends a bomb at the limit or in time, in constant memory', async () => {
    // 10 GB of zeros in less than one megabyte.
    const zeros = pack(Buffer.alloc(100_000_000));
    const bomb = Buffer.concat(Array.from({ length: 100 }, () => zeros));
    const limited = await verdicts([bomb], { maxBytes: 500_000_000 });
    expect(limited).toStrictEqual([
      'not verified: validator "zstd" says: it decompresses to more than 500000000 bytes',
    ]);
    const run = makeRun({ artifacts: { 'a.zst': bomb } });
    const input: ContentsInput = {
      root: run.root,
      runId: RUN_ID,
      validator: 'zstd',
      settings: {},
      options: { timeBudgetMs: 300 },
    };
    const { answer, memory } = await runChild<ContentsOutput>('contents', input, { node });
    expect(answer.ok && answer.findings.map(({ actual }) => actual)).toStrictEqual([
      'the time budget is over',
    ]);
    expect(memory).toBeLessThan(250_000_000);
  });
});

describe('zstd() knows its files', () => {
  it.each([
    ['text', Buffer.from('text')],
    ['gzip', zlib.gzipSync('text')],
    ['the bytes 27b52ffd00', Buffer.from('27b52ffd00', 'hex')],
  ])('and not by name what begins like %s', async (like, content) => {
    const why = `validator "zstd" says: it has the name of zstd, but begins like ${like}`;
    expect(await verdictsOn([content], kind)).toStrictEqual([`not verified: ${why}`]);
  });

  it.each([
    ['by magic, whatever they are called', raw('hello').subarray(0, 9), 'trades.db', {}, 'invalid'],
    [
      'by magic behind a skippable frame, as of pzstd',
      Buffer.concat([skippable(4), raw('hello').subarray(0, 9)]),
      'trades.db',
      {},
      'invalid',
    ],
    [
      'not by a skippable frame alone',
      Buffer.concat([skippable(4), Buffer.from('hello')]),
      'trades.db',
      {},
      'ok',
    ],
    ['not by half of one', skippable(4).subarray(0, 7), 'trades.db', {}, 'ok'],
    ['by name', 'text', 'x.TZST', {}, 'not verified'],
    ['not by magic where it is off', raw('hello').subarray(0, 9), 'trades.db', { magic: false }, 'ok'],
    ['and no others', 'text', 'azst', {}, 'ok'],
  ])('%s', async (_, content, name, settings, expected) => {
    const said = await verdictOn({ name, content, validators: [zstd(settings)] });
    expect(said.split(':')[0]).toBe(expected);
  });
});

describe('the walker over zstd frames', () => {
  it.skipIf(tools)('finds the same frames and bytes, however the file is cut', () => {
    const files = WHOLE.slice(0, 8).map(([, content]) => Buffer.from(content()));
    for (const file of files) {
      const whole = walk(file, file.length);
      for (const piece of [1, 2, 3, 5, 1_000]) expect(walk(file, piece)).toStrictEqual(whole);
    }
  });

  it('knows size, window and dictionary from every shape of header', () => {
    const heads: [number[], object][] = [
      [[0x20, 5], { contentSize: 5n, windowSize: 5n, needsDictionary: false }],
      [[0x60, 1, 1], { contentSize: 513n, windowSize: 513n, needsDictionary: false }],
      [[0xa0, 1, 0, 1, 0], { contentSize: 65_537n, windowSize: 65_537n, needsDictionary: false }],
      [
        [0xe0, 0, 0, 0, 0, 1, 0, 0, 0],
        { contentSize: 2n ** 32n, windowSize: 2n ** 32n, needsDictionary: false },
      ],
      [[0x00, 0x00], { contentSize: null, windowSize: 1_024n, needsDictionary: false }],
      [[0x00, 0x0f], { contentSize: null, windowSize: 3_840n, needsDictionary: false }],
      [[0x43, 0x00, 9, 0, 0, 0, 0, 0], { contentSize: 256n, windowSize: 1_024n, needsDictionary: true }],
      [[0x22, 0, 0, 7], { contentSize: 7n, windowSize: 7n, needsDictionary: false }],
    ];
    for (const [head, expected] of heads) {
      const bytes = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...head, 1, 0, 0]);
      const walker = createFrameWalker();
      const pieces = walker.push(bytes);
      if (typeof pieces === 'string') throw new Error(pieces);
      expect(pieces[0]!.frame).toStrictEqual(expected);
      expect(walker.end()).toBeNull();
    }
  });

  function walk(file: Buffer, size: number): unknown {
    const walker = createFrameWalker();
    const frames: Uint8Array[][] = [];
    let ends = 0;
    for (let at = 0; at < file.length; at += size) {
      const pieces = walker.push(file.subarray(at, at + size));
      if (typeof pieces === 'string') throw new Error(pieces);
      for (const { bytes, isFirst, isLast } of pieces) {
        if (isFirst) frames.push([]);
        frames.at(-1)!.push(bytes);
        ends += Number(isLast);
      }
    }
    return [walker.end(), ends, frames.map((parts) => Buffer.concat(parts).toString('latin1'))];
  }
});
