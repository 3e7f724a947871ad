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

  it('is shorter with its zone where the same local time comes twice, and only there', () => {
    const told = [1792886399, 1792886400, 1792889999, 1792890000, 1792893599, 1792893600].map((at) =>
      shortTime(at, false),
    );
    expect(told).toEqual([
      '2026-10-25 01:59:59',
      '2026-10-25 02:00:00 +02:00',
      '2026-10-25 02:59:59 +02:00',
      '2026-10-25 02:00:00 +01:00',
      '2026-10-25 02:59:59 +01:00',
      '2026-10-25 03:00:00',
    ]);
    expect(shortTime(1792886400, true)).toBe('2026-10-25 00:00:00Z');
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

  const utc = (text: string): number => Date.parse(text) / 1_000;
  const changes: [zone: string, text: string, first: string, last: string][] = [
    // 25 hours, and an hour that comes twice.
    ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00Z', '2026-10-25T22:59:59Z'],
    ['Europe/Berlin', '2026-10-25T02:30', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'],
    // 23 hours, and an hour that never comes.
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00Z', '2026-03-29T21:59:59Z'],
    ['Europe/Berlin', '2026-03-29T02:30', '2026-03-29T01:00:00Z', '2026-03-29T00:59:59Z'],
    ['Europe/Berlin', '2026-03-29T03:00', '2026-03-29T01:00:00Z', '2026-03-29T01:00:00Z'],
    // A day without midnight, and one whose last hour comes twice.
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00Z', '2018-11-05T01:59:59Z'],
    ['America/Sao_Paulo', '2018-11-03', '2018-11-03T03:00:00Z', '2018-11-04T02:59:59Z'],
    ['America/Sao_Paulo', '2018-02-17', '2018-02-17T02:00:00Z', '2018-02-18T02:59:59Z'],
    ['America/Sao_Paulo', '2018-02-18', '2018-02-18T03:00:00Z', '2018-02-19T02:59:59Z'],
    // A day whose first hour comes twice.
    ['America/Havana', '2026-11-01', '2026-11-01T04:00:00Z', '2026-11-02T04:59:59Z'],
    ['America/Havana', '2026-10-31', '2026-10-31T04:00:00Z', '2026-11-01T03:59:59Z'],
    // Clocks that change by half an hour, and by a day.
    ['Australia/Lord_Howe', '2026-04-05T01:45', '2026-04-04T14:45:00Z', '2026-04-04T15:15:00Z'],
    ['Pacific/Apia', '2011-12-31', '2011-12-30T10:00:00Z', '2011-12-31T09:59:59Z'],
  ];
  it.each(changes)('in %s, %s begins and ends where its clocks say', (zone, text, first, last) => {
    process.env['TZ'] = zone;
    expect(parseTime(text, '--from', 'first', false)).toBe(utc(first));
    expect(parseTime(text, '--to', 'last', false)).toBe(utc(last));
  });

  it.each(['Europe/Berlin', 'America/Sao_Paulo', 'America/St_Johns', 'America/Havana', 'Asia/Beirut'])(
    'leaves no second between two days, and none to both, in %s',
    (zone) => {
      process.env['TZ'] = zone;
      const days = Array.from({ length: 2_200 }, (_, day) => new Date(Date.UTC(2013, 0, 1 + day)))
        .map((day) => day.toISOString().slice(0, 10))
        .map((day) => (['first', 'last'] as const).map((edge) => parseTime(day, '--from', edge, false)));
      const gaps = days.slice(1).map(([first = 0], index) => first - (days[index]?.[1] ?? 0));
      expect(new Set(gaps)).toEqual(new Set([1]));
    },
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
