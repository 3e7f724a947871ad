/** Numbers come in, what a person reads at a glance goes out: sizes, counts, durations. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;

/** Bytes in the unit that suits them, three digits: `1.05 MB`. */
export function size(bytes: number): string {
  let unit = 0;
  let value = bytes;
  // 999.5 would be rounded to four digits.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 ? value : digits(value)} ${UNITS[unit]}`;
}

function digits(value: number): string {
  if (value < 9.995) return value.toFixed(2);
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

/** A whole number in groups of three digits: `1,048,576`. */
export function grouped(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 artifact`, `12,000 artifacts`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${grouped(number)} ${number === 1 ? one : many}`;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Seconds in the two units that matter: `45 ms`, `7 s`, `2 min 5 s`, `3 h 20 min`, `4 d 1 h`. Negative ones are unknown. */
export function duration(seconds: number): string {
  if (!(seconds >= 0) || !Number.isFinite(seconds)) return '?';
  if (seconds < 0.9995 && seconds > 0) return `${Math.max(1, Math.round(seconds * 1_000))} ms`;
  if (seconds < 9.95 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return pair(whole, MINUTE, 'min', 1, 's');
  return whole < DAY ? pair(whole, HOUR, 'h', MINUTE, 'min') : pair(whole, DAY, 'd', HOUR, 'h');
}

function pair(seconds: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((seconds % large) / small);
  const first = `${grouped(Math.floor(seconds / large))} ${largeUnit}`;
  return rest === 0 ? first : `${first} ${rest} ${smallUnit}`;
}

/** Bytes done of bytes in all as whole percents; 100 only when nothing is left. */
export function percent(done: number, total: number): string {
  if (done >= total) return '100 %';
  return `${Math.min(99, Math.floor((done / total) * 100))} %`;
}
