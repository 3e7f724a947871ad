/** Sizes, counts and durations as a person reads them at a glance. */

import { filesize } from 'filesize';
import prettyMilliseconds from 'pretty-ms';

/** Bytes in the unit that suits them, with three digits: `999 B`, `1.05 MB`. */
export function size(bytes: number): string {
  // Bytes have no fractions. What is rounded to few decimals first and to three digits then is rounded twice.
  return filesize(bytes, bytes < 1_000 ? { round: 0 } : { precision: 3, round: 9 });
}

/** A whole number in groups of three digits: `1,048,576`. */
export function grouped(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 artifact`, `12,000 artifacts`. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${grouped(number)} ${number === 1 ? one : many}`;
}

/** Seconds in the two units that matter: `45 ms`, `7.3 s`, `2 min 5 s`, `3 h 20 min`, `4 d 1 h`. Negative ones are unknown. */
export function duration(seconds: number): string {
  return inUnits(seconds, 2);
}

/** Seconds in the one unit that matters most: `45 ms`, `7.3 s`, `2 min`, `3 h`, `4 d`. Negative ones are unknown. */
export function roughDuration(seconds: number): string {
  return inUnits(seconds, 1);
}

function inUnits(seconds: number, unitCount: number): string {
  if (!(seconds >= 0) || !Number.isFinite(seconds)) return '?';
  // Runs begin and end on whole seconds.
  if (seconds === 0) return '0 s';
  const secondsDecimalDigits = seconds < 10 ? 1 : 0;
  const pretty = prettyMilliseconds(seconds * 1_000, { unitCount, hideYear: true, secondsDecimalDigits });
  return pretty.replaceAll(/(\d+)([a-z]+)/g, (_, number: string, unit: string) =>
    [grouped(Number(number)), unit === 'm' ? 'min' : unit].join(' '),
  );
}

/** Bytes done of bytes in all as whole percents; 100 only when nothing is left. */
export function percent(done: number, total: number): string {
  if (done >= total) return '100 %';
  return `${Math.min(99, Math.floor((done / total) * 100))} %`;
}
