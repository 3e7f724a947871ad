/**
 * Timers and clocks as Node.js has them, whatever the host puts in the place of its globals: fake timers of its tests must neither
 * hang a call nor distort it. They are taken once, when this is loaded, and nothing else in src/ names those globals.
 */

import { hrtime } from 'node:process';
import * as timers from 'node:timers';

/**
 * What fake timers were put in the place of, where they were there first: those of sinon, which Jest and vitest have too, keep that
 * under the same name with a `_`. What others have faked before stays faked.
 */
function unfaked<T extends object>(current: T, name: string): T {
  const clock: unknown = Reflect.get(current, 'clock');
  const kept: unknown = typeof clock === 'object' && clock !== null ? Reflect.get(clock, `_${name}`) : null;
  return isAlike(kept, current) ? kept : current;
}

function isAlike<T>(value: unknown, other: T): value is T {
  return typeof value === typeof other;
}

const real = {
  setTimeout: unfaked(timers.setTimeout, 'setTimeout'),
  clearTimeout: unfaked(timers.clearTimeout, 'clearTimeout'),
  setInterval: unfaked(timers.setInterval, 'setInterval'),
  clearInterval: unfaked(timers.clearInterval, 'clearInterval'),
  setImmediate: unfaked(timers.setImmediate, 'setImmediate'),
};

const { setTimeout: startTimer, clearTimeout, setInterval, clearInterval, setImmediate: onNextTurn } = real;
export { startTimer as setTimeout, clearTimeout, setInterval, clearInterval, onNextTurn as setImmediate };

/** Whether the host has others in their place by now, or none: what takes the globals may then wait for ever, on this thread. */
export function areTimersReplaced(): boolean {
  return typeof setImmediate === 'undefined' || setImmediate !== real.setImmediate;
}

const monotonic: { readonly bigint: () => bigint } = unfaked(hrtime, 'hrtime');

/** Nanoseconds of the one monotonic clock that all threads share. */
export const sharedNow = monotonic.bigint;

/** Milliseconds of the same clock, with fractions. */
export function now(): number {
  return Number(sharedNow()) / 1e6;
}

/** Milliseconds since 1970, as the system has them. */
export const timeOfDay = unfaked(Date, 'Date').now;

/** Resolves when everything else that waits for the loop had its turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => void onNextTurn(resolve));
}

/** Resolves after some milliseconds. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void startTimer(resolve, milliseconds));
}
