import { describe, expect, it } from 'vitest';
import { editDistance, nearest, suggestion } from '../../../src/model/nearest.ts';
import { UsageError } from '../../../src/cli/args/usage-error.ts';
import {
  parseDuration,
  parseLimit,
  parseRate,
  parseThreads,
  parseWord,
  parseWords,
} from '../../../src/cli/args/values.ts';

describe('parseRate()', () => {
  it.each([
    ['200MB', 200e6],
    ['1kB', 1_000],
    ['1.5GB', 1.5e9],
    ['1KiB', 1_024],
    ['3MiB', 3_145_728],
    ['0.5GiB', 536_870_912],
    ['1.5TB', 1_500_000_000_000],
    ['1TiB', 1_099_511_627_776],
    ['0.001kB', 1],
  ])('%s is %d bytes', (text, bytes) => expect(parseRate(text, '--max-rate')).toBe(bytes));

  it.each([
    '5parsecs',
    '200',
    'MB',
    '-1MB',
    '0MB',
    '1e3MB',
    '1 MB',
    '1mb',
    '.5MB',
    '1.MB',
    '1constructor',
    '',
    '1KB',
  ])('refuses %j', (text) => {
    expect(() => parseRate(text, '--max-rate')).toThrow(UsageError);
    expect(() => parseRate(text, '--max-rate')).toThrow(
      `Cannot use --max-rate "${text}": expected bytes a second such as 200MB (kB, MB, GB, TB, KiB, MiB, GiB or TiB)`,
    );
  });
});

describe('parseDuration()', () => {
  it.each([
    ['30s', 30_000],
    ['0s', 0],
    ['250ms', 250],
    ['1.5m', 90_000],
    ['596h', 2_145_600_000],
    ['2d', 172_800_000],
  ])('%s is %d ms', (text, milliseconds) => expect(parseDuration(text, '--time-budget')).toBe(milliseconds));

  it.each(['30', '30 s', '-1s', '597h', '25d', 's', '1S', 'Infinityh'])('refuses %j', (text) =>
    expect(() => parseDuration(text, '--time-budget')).toThrow(
      `Cannot use --time-budget "${text}": expected a time`,
    ),
  );
});

it('parseThreads() and parseLimit() take whole numbers in their range', () => {
  expect(['0', '2', '1024'].map((text) => parseThreads(text, '--threads'))).toEqual([0, 2, 1_024]);
  for (const text of ['x', '1025', '-1', '1.5', '', ' 1', '0x10', '1e1', '9999']) {
    expect(() => parseThreads(text, '--threads'), text).toThrow(
      `Cannot use --threads "${text}": expected a whole number from 0 to 1024`,
    );
  }
  expect(parseLimit('20', '--limit')).toBe(20);
  for (const text of ['0', '-1', 'all', '1e3', '9'.repeat(16)]) {
    expect(() => parseLimit(text, '--limit'), text).toThrow('expected a whole number from 1 on');
  }
});

it('parseWord() and parseWords() say what was probably meant', () => {
  const words = ['completed', 'failed', 'partial'] as const;
  expect(parseWords(['failed', 'partial,completed', 'failed'], '--status', words)).toEqual([
    'failed',
    'partial',
    'completed',
  ]);
  expect(() => parseWord('faild', '--status', words)).toThrow(
    'Cannot use --status "faild": expected completed, failed, partial; did you mean failed?',
  );
  expect(() => parseWords(['failed,'], '--status', words)).toThrow(
    'Cannot use --status "": expected completed',
  );
});

describe('nearest()', () => {
  it.each([
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['ab', 'ba', 1],
    ['same', 'same', 0],
    ['verfiy', 'verify', 1],
  ])('%j and %j are %d apart', (from, to, distance) => expect(editDistance(from, to, 3)).toBe(distance));

  it.each([
    ['kitten', 'sitting', 2],
    ['a', 'bcde', 2],
    // Words of very different length.
    ['xyzab', 'latest-restorable', 5],
    ['aaaaaaaaaa', 'bbbbbbbbbb', 9],
  ])('%j and %j are more than %3$d apart', (from, to, most) =>
    expect(editDistance(from, to, most)).toBeNull(),
  );

  it('is the first of the nearest, or none', () => {
    const known = ['show', 'list', 'verify', 'completion'];
    expect(
      ['shwo', 'ls', 'LIST', 'varify', 'comp', 'x', 'frobnicate', 'v'.repeat(65)].map((word) =>
        nearest(word, known),
      ),
    ).toEqual(['show', null, 'list', 'verify', 'completion', null, null, null]);
    expect(suggestion('shwo', known)).toBe('; did you mean show?');
    expect(suggestion('frobnicate', known)).toBe('');
  });
});
