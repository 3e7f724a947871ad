/** What the disk says about one file, made of what came of a look or of a read (pure). */

import { busy, Refusal } from '../model/errors.ts';
import { shortageNamed } from '../fs/errno.ts';
import type { Kind } from '../fs/handle.ts';
import type { FileContent, FileRead, ReadFailure } from '../hashing/look-at-file.ts';

/** What the disk says about one file. */
export type Measurement =
  | {
      readonly type: 'missing';
      /** The same path in another Unicode form, from the run directory, where that is there. */
      readonly otherForm?: string;
    }
  | { readonly type: 'not-regular'; readonly kind: Kind }
  | { readonly type: 'unreadable'; readonly errno: string }
  | { readonly type: 'stalled'; readonly milliseconds: number }
  /** Looked at; not read, because it need not be. */
  | { readonly type: 'size'; readonly size: number | bigint }
  /** Not read, although it should have been. */
  | { readonly type: 'unread'; readonly why: string }
  | {
      readonly type: 'content';
      readonly size: number;
      readonly digest: string;
      /** Of the revision that has it. */
      readonly identity: string;
      /** Whether the digest comes from the memo. */
      readonly isRemembered: boolean;
    }
  | { readonly type: 'changing' };

/** What the disk says, by the paths of files from the run directory. */
export type Measurements = ReadonlyMap<string, Measurement>;

/** The time budget is over: the reason of the cancellation that ends reading. */
export class OutOfTime extends Error {}

/** What is said of a file when the budget is over. */
export const OUT_OF_TIME = { type: 'unread', why: 'the time budget is over' } as const;

/** Turns what came of a file into a measurement; a shortage of ours says nothing about it and ends the inspection. */
export function measurementOf(
  result: Exclude<FileRead, FileContent> | ReadFailure | Measurement,
): Measurement {
  if (result.type === 'regular') return { type: 'size', size: result.size };
  if (result.type === 'crashed') return { type: 'unread', why: 'the thread that read it crashed, twice' };
  if (result.type !== 'failed') return result;
  const shortage = shortageNamed(result.errno);
  if (shortage !== null) throw new Refusal(busy(shortage));
  if (result.errno === null) throw new Error(result.message);
  return { type: 'unreadable', errno: result.errno };
}
