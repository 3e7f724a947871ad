import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { constants, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createInspector, type ArtifactFile } from '../../src/index.ts';
import { gzip } from '../../src/validators/index.ts';
import { inflate, outputChunk } from '../../src/validators/inflate.ts';
import { lacks } from '../support/needs.ts';
import { makeRun, RUN_ID } from '../support/runs.ts';
import { flipsOf, truncationsOf, verdictOn, verdictsOn } from '../support/validated.ts';

const text = Buffer.from('one line of a backup\n'.repeat(40));
const member = gzipSync(text);

const verdict = (content: Uint8Array | string, name = 'a.gz', options = {}): Promise<string> =>
  verdictOn({ name, content, validators: [gzip(options)] });

/** A member with all that its header may have. */
function memberWithHeader(): Buffer {
  const header = Buffer.from([0x1f, 0x8b, 8, 0b11100, 0, 0, 0, 0, 0, 3, 4, 0, 1, 2, 3, 4]);
  return Buffer.concat([header, Buffer.from('name\0comment\0'), member.subarray(10)]);
}

const large = randomBytes(700_000);

describe('gzip() agrees with', () => {
  const cases: [string, () => Uint8Array][] = [
    ['a file of one member', () => member],
    ['a file of several members', () => Buffer.concat([member, gzipSync(''), member])],
    ['a member of nothing', () => gzipSync('')],
    ['a header with extra field, name and comment', memberWithHeader],
    ['a file of many chunks', () => gzipSync(large)],
    ['stored blocks', () => gzipSync(large, { level: 0 })],
    [
      'flushes in between',
      () => gzipSync(large, { finishFlush: constants.Z_FINISH, flush: constants.Z_FULL_FLUSH }),
    ],
    ['members that end where a chunk does', () => Buffer.concat([padTo(262_144), member])],
    // What `gzip -t` ignores without a word: tapes and block devices are written in whole blocks.
    ['a zero behind the last member', () => Buffer.concat([member, Buffer.alloc(1)])],
    ['a block of zeros behind it', () => Buffer.concat([member, member, Buffer.alloc(512)])],
    ['zeros over many chunks', () => Buffer.concat([member, Buffer.alloc(1_000_000)])],
    ['zeros that begin with a chunk', () => Buffer.concat([padTo(262_144), Buffer.alloc(7)])],
    ['zeros before and behind the border of a chunk', () => Buffer.concat([padTo(262_140), Buffer.alloc(7)])],
  ];
  it.each(cases)('%s', async (_, content) => expect(await verdict(content())).toBe('ok'));

  it.skipIf(lacks('zeros that gzip takes', 'gzip'))('zeros that gzip takes, and no others', async () => {
    const zeros = Buffer.alloc(600);
    for (const behind of [zeros, Buffer.concat([zeros, Buffer.of(1)]), Buffer.concat([zeros, member])]) {
      const content = Buffer.concat([member, behind]);
      const isTaken = spawnSync('gzip', ['-t'], { input: content }).status === 0;
      expect(isTaken).toBe(behind === zeros);
      expect(await verdict(content)).toMatch(isTaken ? /^ok$/ : /^invalid: \d+ bytes behind the last/);
    }
  });

  it.skipIf(lacks('a file by gzip', 'gzip'))('a file by gzip', async () => {
    expect(await verdict(execFileSync('gzip', ['-9'], { input: large }))).toBe('ok');
  });
});

/** A gzip member of exactly so many bytes, by its comment. */
function padTo(length: number): Buffer {
  const header = Buffer.from([0x1f, 0x8b, 8, 0b10000, 0, 0, 0, 0, 0, 3]);
  const comment = Buffer.alloc(length - member.length, 'x');
  comment[comment.length - 1] = 0;
  return Buffer.concat([header, comment, member.subarray(10)]);
}

describe('gzip() rejects', () => {
  it('every truncation', async () => {
    const all = await verdictsOn(truncationsOf(member), { name: 'a.gz', validators: [gzip()] });
    expect(all).toHaveLength(member.length - 1);
    expect(all.filter((said) => !said.startsWith('invalid: not whole gzip data: '))).toStrictEqual([]);
  });

  it('every truncation of a second member', async () => {
    const truncations = truncationsOf(Buffer.concat([member, member]), member.length + 1);
    const all = await verdictsOn(truncations, { name: 'a.gz', validators: [gzip()] });
    expect(all.filter((said) => !said.startsWith('invalid: not whole gzip data: '))).toStrictEqual([]);
  });

  it('every flipped byte, but those that mean nothing', async () => {
    const all = await verdictsOn(flipsOf(member), { name: 'a.gz', validators: [gzip()] });
    const agreed = all.flatMap((said, at) =>
      said.startsWith('invalid: ') ? [] : [[at, said.split(':')[0]]],
    );
    // What gzip is known by; then time of modification, extra flags and operating system.
    const unknown = [0, 1, 2].map((at) => [at, 'not verified']);
    expect(agreed).toStrictEqual([...unknown, ...[4, 5, 6, 7, 8, 9].map((at) => [at, 'ok'])]);
  });

  const trailing: [string, string | Uint8Array, string][] = [
    ['text', 'trailing', 'invalid: not whole gzip data: incorrect header check'],
    ['half a magic number', Buffer.from([0x1f]), 'invalid: not whole gzip data: unexpected end of file'],
    [
      'zeros and a member',
      Buffer.concat([Buffer.alloc(3), member]),
      `invalid: ${3 + member.length} bytes behind the last gzip member`,
    ],
    [
      'zeros over many chunks and a byte',
      Buffer.concat([Buffer.alloc(1_000_000), Buffer.of(1)]),
      'invalid: 1000001 bytes behind the last gzip member',
    ],
  ];
  it.each(trailing)('%s behind the last member', async (_, garbage, expected) => {
    expect(await verdict(Buffer.concat([member, Buffer.from(garbage)]))).toBe(expected);
  });
});

describe('gzip() does not verify what has the name of a gzip file, but begins like', () => {
  const pgp = Buffer.from('8c0d04090302d2d2a9d2c1', 'hex');
  it.each([
    ['text', 'some text'],
    ['OpenPGP data', pgp],
    ['OpenPGP text', '-----BEGIN PGP MESSAGE-----\n'],
    ['xz', Buffer.from('fd377a585a000004', 'hex')],
    ['an SQLite database', 'SQLite format 3\0'],
    ['zeros', Buffer.alloc(600)],
    ['the bytes 1f8b090000000000', Buffer.from('1f8b090000000000ff', 'hex')],
    ['the bytes ff01', Buffer.from('ff01', 'hex')],
  ])('%s', async (like, content) => {
    const why = `validator "gzip" says: it has the name of gzip, but begins like ${like}`;
    expect(await verdict(content)).toBe(`not verified: ${why}`);
  });
});

describe('gzip() knows its files', () => {
  const broken = member.subarray(0, -1);
  it.each([
    ['by magic, whatever they are called', broken, 'trades.db', {}, 'invalid'],
    ['by their names', 'text', 'x/TRADES.TGZ', {}, 'not verified'],
    ['not by magic where it is off', broken, 'trades.db', { magic: false }, 'ok'],
    ['by a pattern of the caller', 'text', 'trades.db', { names: /\.db$/ }, 'not verified'],
    ['not by the usual names with another pattern', 'text', 'a.gz', { names: /\.db$/ }, 'ok'],
    ['and no others', 'text', 'agz', {}, 'ok'],
  ])('%s', async (_, content, name, options, expected) => {
    expect((await verdict(content, name, options)).split(':')[0]).toBe(expected);
  });

  it('by a pattern that remembers where it was, every time', async () => {
    const validator = gzip({ names: /trades\.db$/y });
    for (let i = 0; i < 3; i += 1)
      expect(await verdictOn({ name: 'trades.db', content: 'text', validators: [validator] })).toMatch(
        /^not verified/,
      );
  });

  it.each([{ names: 'x' }, { magic: 1 }, { maxBytes: 0 }, { maxBytes: 1.5 }, 7, null])(
    'and throws for options %j',
    (options) => expect(() => gzip(options as never)).toThrow(TypeError),
  );
});

describe('inflate()', () => {
  it('keeps nothing of the chunks it took', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const inflation = inflate(
      Object.assign(new PassThrough(), { bytesWritten: 0 }),
      Infinity,
      () => undefined,
    );
    const held = async (count: number): Promise<number> => {
      for (let i = 0; i < count; i += 1) await inflation.take(Buffer.of(1));
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = await held(2_000);
    expect((await held(50_000)) - before).toBeLessThan(4_000_000);
    expect(inflation.produced()).toBe(52_000);
    expect(await inflation.finish()).toStrictEqual({ by: 'end' });
  });
});

describe('outputChunk()', () => {
  it.each([
    [0, 64],
    [65, 65],
    [262_144, 262_144],
    [2 ** 40, 262_144],
  ])('of %i bytes is %i', (bytes, expected) => expect(outputChunk(bytes)).toBe(expected));
});

describe('gzip() with a bomb', () => {
  /** 10 GB of zeros in 10 MB. */
  const zeros = gzipSync(Buffer.alloc(100_000_000), { level: 9 });
  const bomb = Buffer.concat(Array.from({ length: 100 }, () => zeros));

  it('ends at the limit, without a verdict', async () => {
    const said = await verdict(bomb, 'a.gz', { maxBytes: 50_000_000 });
    expect(said).toBe('not verified: validator "gzip" says: it decompresses to more than 50000000 bytes');
    expect(await verdict(zeros, 'a.gz', { maxBytes: 100_000_000 })).toBe('ok');
  });

  it('ends with the time budget', async () => {
    const given = { name: 'a.gz', content: bomb, validators: [gzip()], options: { timeBudgetMs: 300 } };
    expect(await verdictOn(given)).toBe('not verified: the time budget is over');
  });

  it('ends in the middle of a chunk when nobody waits any more', async () => {
    const file: ArtifactFile = {
      name: 'a.gz',
      path: 'a.gz',
      size: zeros.length,
      chunks: () => Readable.from([zeros]),
      beside: () => null,
    };
    const controller = new AbortController();
    let outputs = 0;
    const alive = (): void => {
      outputs += 1;
      controller.abort();
    };
    const context = { signal: controller.signal, alive, root: '/nowhere' };
    await expect(gzip().validate(file, context)).rejects.toThrow('the decompression was ended');
    expect(outputs).toBeLessThan(5);
  });

  it('goes on in constant memory, and keeps the event loop free, until it is aborted', async () => {
    const run = makeRun({ artifacts: { 'a.gz': bomb } });
    await using inspector = createInspector({ root: run.root, validators: [gzip()] });
    const controller = new AbortController();
    const before = process.memoryUsage.rss();
    let turns = 0;
    let most = before;
    const turn = (): void => {
      turns += 1;
      most = Math.max(most, process.memoryUsage.rss());
      if (turns === 2_000) controller.abort('seen enough');
      else setImmediate(() => setTimeout(turn));
    };
    turn();
    const answer = inspector.getBackupRun({ run_id: RUN_ID }, { signal: controller.signal });
    await expect(answer).rejects.toBe('seen enough');
    expect(most - before).toBeLessThan(100_000_000);
  });
});
