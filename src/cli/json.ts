/** Objects come in one after the other, an array of them goes out as JSON. */

import type { Channel } from './surroundings.ts';

/** Writes an array while its items come. */
export interface ArrayWriter {
  add(item: unknown): Promise<void>;
  isBegun(): boolean;
  /** Ends the array; one that is empty is written only now. */
  end(): Promise<void>;
}

/** An item a line; nothing is written before the first. */
export function createArrayWriter({ write }: Pick<Channel, 'write'>): ArrayWriter {
  let isBegun = false;
  return {
    async add(item) {
      await write(`${isBegun ? ',' : '['}\n${JSON.stringify(item)}`);
      isBegun = true;
    },
    isBegun: () => isBegun,
    end: () => write(isBegun ? '\n]\n' : '[]\n'),
  };
}
