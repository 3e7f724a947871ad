import { describe, expect, it } from 'vitest';
import { counted, duration, grouped, percent, size } from '../../../src/cli/output/quantities.ts';

describe('size()', () => {
  it.each([
    [0, '0 B'],
    [1, '1 B'],
    [999, '999 B'],
    [1_000, '1.00 kB'],
    [1_005, '1.00 kB'],
    [9_994, '9.99 kB'],
    [9_996, '10.0 kB'],
    [99_949, '99.9 kB'],
    [99_951, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [1_048_576, '1.05 MB'],
    [3_400_000_000, '3.40 GB'],
    [Number.MAX_SAFE_INTEGER, '9.01 PB'],
    [Number.MAX_SAFE_INTEGER * 100_000, '901 EB'],
  ])('of %d bytes is %s', (bytes, text) => expect(size(bytes)).toBe(text));
});

describe('duration()', () => {
  it.each([
    [0, '0 s'],
    [0.0001, '1 ms'],
    [0.045, '45 ms'],
    [0.9994, '999 ms'],
    [0.9996, '999 ms'],
    [7, '7 s'],
    [7.34, '7.3 s'],
    [9.96, '9.9 s'],
    [59.4, '59 s'],
    // A second that is not over does not count.
    [59.6, '59 s'],
    [125, '2 min 5 s'],
    [3_600, '1 h'],
    [12_000, '3 h 20 min'],
    [86_400 * 4 + 3_700, '4 d 1 h'],
    [86_400 * 1_234_567, '1,234,567 d'],
    [-1, '?'],
    [Infinity, '?'],
    [NaN, '?'],
  ])('of %d s is %s', (seconds, text) => expect(duration(seconds)).toBe(text));
});

describe('percent()', () => {
  it.each([
    [0, 10, '0 %'],
    [999, 1_000, '99 %'],
    [1_000, 1_000, '100 %'],
    [0, 0, '100 %'],
  ])('of %d of %d is %s: all only when nothing is left', (done, total, text) =>
    expect(percent(done, total)).toBe(text),
  );
});

it('counted() and grouped() write whole numbers in groups', () => {
  expect([0, 999, 1_000, 1_048_576].map(grouped)).toEqual(['0', '999', '1,000', '1,048,576']);
  expect([1, 2, 12_000].map((number) => counted(number, 'run'))).toEqual(['1 run', '2 runs', '12,000 runs']);
});
