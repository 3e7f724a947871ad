/** Objects come in one after the other, an array of them goes out as JSON. */

import type { Channel } from './surroundings.ts';

/** Writes an array while its items come. */
export interface ArrayWriter {
  add(item: unknown): Promise<void>;
  /**
   * Ends the array. One that is empty is written only now.
   *
   * @param isAll - whether these were all items there are; of no items that are not all, nothing is written.
   */
  end(isAll: boolean): Promise<void>;
}

/** An item a line; nothing is written before the first. */
export function createArrayWriter({ say }: Pick<Channel, 'say'>): ArrayWriter {
  let isBegun = false;
  return {
    async add(item) {
      await say(`${isBegun ? ',' : '['}\n${JSON.stringify(item)}`);
      isBegun = true;
    },
    async end(isAll) {
      if (isBegun) await say('\n]\n');
      else if (isAll) await say('[]\n');
    },
  };
}
