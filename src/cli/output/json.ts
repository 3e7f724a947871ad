/** JSON that steers no terminal: of one object, or of an array that is written as its items come. */

import type { Channel } from '../context.ts';

/** Writes an array while its items come. */
export interface ArrayWriter {
  add(item: object): Promise<void>;
  /**
   * Ends the array. One that is empty is written only now.
   *
   * @param isAll - whether these were all items there are; of no items that are not all, nothing is written.
   */
  end(isAll: boolean): Promise<void>;
}

/** What JSON may hold as it is, and what could still steer a terminal or turn the direction of writing. */
const STEERING = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The value as JSON that is safe to print; it is parsed to the same. */
export function toJson(value: object, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    STEERING,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** An item a line; nothing is written before the first. */
export function createArrayWriter({ print }: Pick<Channel, 'print'>): ArrayWriter {
  let isBegun = false;
  return {
    async add(item) {
      await print(`${isBegun ? ',' : '['}\n${toJson(item)}`);
      isBegun = true;
    },
    async end(isAll) {
      if (isBegun) await print('\n]\n');
      else if (isAll) await print('[]\n');
    },
  };
}
