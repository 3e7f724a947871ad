import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseTime, shortTime, time } from '../../../src/cli/args/times.ts';

const before = process.env['TZ'];
beforeEach(() => {
  process.env['TZ'] = 'Europe/Warsaw';
});
afterEach(() => {
  if (before === undefined) delete process.env['TZ'];
  else process.env['TZ'] = before;
});

describe('time()', () => {
  it('is local with its zone, in summer, in winter and at both ends of the change of clocks', () => {
    const told = [1782727845, 1767225600, 1792889999, 1792890000, 1792893600].map((at) => time(at, false));
    expect(told).toEqual([
      '2026-06-29 12:10:45 +02:00',
      '2026-01-01 01:00:00 +01:00',
      '2026-10-25 02:59:59 +02:00',
      '2026-10-25 02:00:00 +01:00',
      '2026-10-25 03:00:00 +01:00',
    ]);
  });

  it('is UTC when that is wanted', () => expect(time(1782727845, true)).toBe('2026-06-29 10:10:45Z'));

  it('knows zones of half an hour west of Greenwich', () => {
    process.env['TZ'] = 'America/St_Johns';
    expect(time(1767225600, false)).toBe('2025-12-31 20:30:00 -03:30');
  });

  it('is none for 0, and the number where there is no such date', () => {
    expect(time(0, false)).toBe('–');
    expect(time(Number.MAX_SAFE_INTEGER, false)).toBe('@9007199254740991');
    expect(time(8_640_000_000_000, true)).toBe('+275760-09-13 00:00:00Z');
  });

  it('is shorter without its zone', () => {
    expect(shortTime(1782727845, false)).toBe('2026-06-29 12:10:45');
    expect(shortTime(1782727845, true)).toBe('2026-06-29 10:10:45Z');
    expect(shortTime(0, false)).toBe('–');
  });
});

describe('parseTime()', () => {
  const cases: [string, 'first' | 'last', boolean, number][] = [
    ['1782727845', 'first', false, 1782727845],
    ['0', 'first', false, 0],
    ['2026-06-29T10:10:45Z', 'first', false, 1782727845],
    ['2026-06-29 10:10:45Z', 'first', false, 1782727845],
    ['2026-06-29T12:10:45+02:00', 'last', true, 1782727845],
    ['2026-06-29T12:10:45', 'first', false, 1782727845],
    ['2026-06-29T10:10:45', 'first', true, 1782727845],
    ['2026-06-29T10:10', 'first', true, 1782727800],
    ['2026-06-29T10:10:45.5', 'first', true, 1782727846],
    ['2026-06-29T10:10:45.5', 'last', true, 1782727845],
    ['2026-06-29', 'first', true, 1782691200],
    ['2026-06-29', 'last', true, 1782777599],
    // A day of 25 hours.
    ['2026-10-25', 'first', false, 1792879200],
    ['2026-10-25', 'last', false, 1792969199],
  ];
  it.each(cases)('%s as the %s second it names (UTC: %s)', (text, edge, isUtc, seconds) =>
    expect(parseTime(text, '--from', edge, isUtc)).toBe(seconds),
  );

  it.each([
    '',
    'yesterday',
    '2026-02-30',
    '2026-13-01',
    '2026-06-29T25:00',
    '-5',
    '1e9',
    '2026-06-29Z',
    '12.5',
  ])('refuses %j', (text) => {
    const message = `Cannot use --from "${text}": expected Unix seconds or a time such as 2026-06-29T12:10:45Z`;
    expect(() => parseTime(text, '--from', 'first', false)).toThrow(message);
  });
});
