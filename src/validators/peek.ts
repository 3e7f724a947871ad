/** Reads the first bytes of a file ahead of its validation, so that nothing is read twice. */

import type { ArtifactFile } from '../content/validator.ts';

/** A file, of which the first bytes are known. */
export interface Peeked {
  /** As many as were wanted, or all that there are. */
  readonly head: Uint8Array;
  /** The same file; its first reading goes on with what was read for the head. */
  readonly file: ArtifactFile;
  /** Gives back what is open, where nothing more is read. */
  readonly close: () => Promise<void>;
}

/** Reads at least `most` bytes, unless the file is smaller. */
export async function peek(file: ArtifactFile, most: number): Promise<Peeked> {
  const chunks = file.chunks()[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  let length = 0;
  while (length < most) {
    const { done, value } = await chunks.next();
    if (done === true) break;
    read.push(value);
    length += value.length;
  }
  let isBegun = false;

  async function* goOn(): AsyncGenerator<Uint8Array, void> {
    try {
      // Given away one by one: they are the reader's to keep, or to let go.
      for (let next = read.shift(); next !== undefined; next = read.shift()) yield next;
      for (;;) {
        const { done, value } = await chunks.next();
        if (done === true) return;
        yield value;
      }
    } finally {
      await chunks.return?.();
    }
  }

  return {
    head: Buffer.concat(read, Math.min(length, most)),
    file: {
      name: file.name,
      path: file.path,
      size: file.size,
      beside: (ending) => file.beside(ending),
      chunks() {
        if (isBegun) return file.chunks();
        isBegun = true;
        return goOn();
      },
    },
    close: async () => void (await chunks.return?.()),
  };
}
