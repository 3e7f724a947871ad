/** The bytes of JSON numbers come in, up to the first that does not belong to one: it is given to what follows. */

import type { Machine, State } from './json-machine.ts';

export const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
/** `e`; with this bit, a capital is one too. */
const EXPONENT = 0x65;
const SMALL = 0x20;

export function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

/** Behind the sign. */
export const firstDigit: State = (machine, byte) => {
  machine.state = byte === ZERO ? behindInteger : inInteger;
  return isDigit(byte) ? null : 'a digit';
};

const inInteger: State = (machine, byte) => (isDigit(byte) ? null : behindInteger(machine, byte));

const behindInteger: State = (machine, byte) => {
  if (byte !== POINT) return behindFraction(machine, byte);
  machine.state = firstOfFraction;
  return null;
};

const firstOfFraction: State = (machine, byte) => {
  machine.state = inFraction;
  return isDigit(byte) ? null : 'a digit';
};

const inFraction: State = (machine, byte) => (isDigit(byte) ? null : behindFraction(machine, byte));

function behindFraction(machine: Machine, byte: number): string | null {
  if ((byte | SMALL) !== EXPONENT) return end(machine, byte);
  machine.state = signOfExponent;
  return null;
}

const signOfExponent: State = (machine, byte) => {
  if (byte !== PLUS && byte !== MINUS) return firstOfExponent(machine, byte);
  machine.state = firstOfExponent;
  return null;
};

const firstOfExponent: State = (machine, byte) => {
  machine.state = inExponent;
  return isDigit(byte) ? null : 'a digit';
};

const inExponent: State = (machine, byte) => (isDigit(byte) ? null : end(machine, byte));

function end(machine: Machine, byte: number): string | null {
  machine.state = machine.next;
  return machine.next(machine, byte);
}
