/** Formats Unix seconds as local time or UTC, and parses times of the command line. */

import { quote } from '../../model/printable.ts';
import { instantOf, isTwice, type Edge } from './local-time.ts';
import { UsageError } from './usage-error.ts';

/** What is shown where there is no time. */
export const NO_TIME = '–';

/** `2026-06-29 12:10:45 +02:00`, in UTC `2026-06-29 10:10:45Z`; 0 is no time. */
export function time(seconds: number, isUtc: boolean): string {
  if (seconds === 0) return NO_TIME;
  const date = new Date(seconds * 1_000);
  if (Number.isNaN(date.getTime())) return `@${seconds}`;
  // The fields of the local zone are those of UTC at a time as much later.
  const offset = isUtc ? 0 : -date.getTimezoneOffset();
  const shifted = new Date(date.getTime() + offset * 60_000);
  const iso = Number.isNaN(shifted.getTime()) ? date.toISOString() : shifted.toISOString();
  return `${iso.slice(0, -5).replace('T', ' ')}${isUtc ? 'Z' : ` ${zone(offset)}`}`;
}

/** The day of a time, as `2026-06-29`. */
export function dayOf(seconds: number, isUtc: boolean): string {
  return time(seconds, isUtc).slice(0, '2026-06-29'.length);
}

/**
 * The same where there is little room: without the zone, which is the local one unless `Z` says otherwise. A local time that there is
 * twice, where clocks are set back, keeps it: rows an hour apart would look the same.
 */
export function shortTime(seconds: number, isUtc: boolean): string {
  const text = time(seconds, isUtc);
  return isUtc || isTwice(seconds * 1_000) ? text : text.replace(/ [+-]\d\d:\d\d$/, '');
}

function two(number: number): string {
  return String(Math.floor(number)).padStart(2, '0');
}

function zone(minutes: number): string {
  return `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}

const ISO =
  /^(?<date>\d{4}-\d\d-\d\d)(?:[T ](?<clock>\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(?<zone>Z|[+-]\d\d:\d\d)?)?$/;

/**
 * Unix seconds of what was typed: Unix seconds, or ISO 8601. Without a zone it is in the local one, or in UTC. A day alone
 * is its first or its last second, so that `--to` a day takes in that day. Of a local time that there is twice the first or the last
 * is meant, and of one that there is not, the next one that there is or the one before.
 */
export function parseTime(text: string, option: string, edge: Edge, isUtc: boolean): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  const { date, clock, zone: typed } = ISO.exec(text)?.groups ?? {};
  if (date !== undefined && isOfCalendar(date)) {
    const wall = `${date}T${clock ?? (edge === 'first' ? '00:00:00' : '23:59:59')}`;
    const suffix = typed ?? (isUtc ? 'Z' : null);
    const milliseconds =
      suffix === null ? instantOf(Date.parse(`${wall}Z`), edge) : Date.parse(wall + suffix);
    const seconds = (edge === 'first' ? Math.ceil : Math.floor)(milliseconds / 1_000);
    if (seconds >= 0) return seconds;
  }
  throw new UsageError(
    `Cannot use ${option} ${quote(text)}: expected Unix seconds or a time such as 2026-06-29T12:10:45Z`,
  );
}

/** `Date.parse` takes February 30 for March 2. */
function isOfCalendar(date: string): boolean {
  const parsed = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date);
}
