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
export function createArrayWriter({ say }: Pick<Channel, 'say'>): ArrayWriter {
  let isBegun = false;
  return {
    async add(item) {
      await say(`${isBegun ? ',' : '['}\n${JSON.stringify(item)}`);
      isBegun = true;
    },
    isBegun: () => isBegun,
    end: () => say(isBegun ? '\n]\n' : '[]\n'),
  };
}
