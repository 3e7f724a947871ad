/** Parses the values of options, or refuses them with a usage error that names what was expected. */

import { LONGEST_TIMER, MOST_THREADS } from '../../model/limits.ts';
import { suggestion } from '../../model/nearest.ts';
import { quote } from '../../model/printable.ts';
import { UsageError } from './usage-error.ts';

const RATES: Readonly<Record<string, number>> = {
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

const DURATIONS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

function refuseValue(option: string, text: string, expected: string): never {
  throw new UsageError(`Cannot use ${option} ${quote(text)}: expected ${expected}`);
}

/** A number with a unit as a multiple of the smallest one, or null. */
function measured(text: string, units: Readonly<Record<string, number>>): number | null {
  const [, number, unit = ''] = /^(\d{1,15}(?:\.\d{1,6})?)([A-Za-z]+)$/.exec(text) ?? [];
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  return number === undefined || factor === undefined ? null : Number(number) * factor;
}

/** Bytes a second, at least 1. */
export function parseRate(text: string, option: string): number {
  const bytes = measured(text, RATES);
  if (bytes !== null && bytes >= 1) return bytes;
  return refuseValue(option, text, 'bytes a second such as 200MB (kB, MB, GB, TB, KiB, MiB, GiB or TiB)');
}

/** Milliseconds, from 0 to 2^31 - 1. */
export function parseDuration(text: string, option: string): number {
  const milliseconds = measured(text, DURATIONS);
  if (milliseconds !== null && milliseconds <= LONGEST_TIMER) return milliseconds;
  return refuseValue(option, text, 'a time such as 30s (ms, s, m, h or d; at most 596h)');
}

/** Threads, from 0 to 1,024. */
export function parseThreads(text: string, option: string): number {
  const threads = /^\d{1,4}$/.test(text) ? Number(text) : Infinity;
  if (threads <= MOST_THREADS) return threads;
  return refuseValue(option, text, 'a whole number from 0 to 1024');
}

/** How many, at least 1. */
export function parseLimit(text: string, option: string): number {
  const limit = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (limit >= 1) return limit;
  return refuseValue(option, text, 'a whole number from 1 on');
}

/** One of some words. */
export function parseWord<Word extends string>(text: string, option: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw new UsageError(
    `Cannot use ${option} ${quote(text)}: expected ${words.join(', ')}${suggestion(text, words)}`,
  );
}

/** Some of some words, each once: each text may hold several, with commas between them. */
export function parseWords<Word extends string>(
  texts: readonly string[],
  option: string,
  words: readonly Word[],
): Word[] {
  const typed = texts.flatMap((text) => text.split(','));
  return [...new Set(typed.map((text) => parseWord(text.trim(), option, words)))];
}
