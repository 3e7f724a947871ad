/** What came of a look at a file, or of a read, comes in, what the disk says about the file goes out (pure). */

import { busy, Refusal } from '../errors.ts';
import { shortageNamed } from '../store/errno.ts';
import type { Kind } from '../store/pin.ts';
import type { Content, Look, Reading, Trouble } from './hashing/hash-file.ts';

/** What the disk says about one file. */
export type Measurement =
  | { readonly found: 'missing' }
  | { readonly found: 'not regular'; readonly kind: Kind }
  | { readonly found: 'unreadable'; readonly errno: string }
  | { readonly found: 'stalled'; readonly milliseconds: number }
  /** Looked at; not read, because it need not be. */
  | { readonly found: 'size'; readonly size: number | bigint }
  /** Not read, although it should have been. */
  | { readonly found: 'unread'; readonly why: string }
  | {
      readonly found: 'content';
      readonly size: number;
      readonly digest: string;
      /** Of the revision that has it. */
      readonly identity: string;
      /** Whether the digest comes from the memo. */
      readonly isRemembered: boolean;
    }
  | { readonly found: 'changing' };

/** What the disk says, by the paths of files from the run directory. */
export type Measurements = ReadonlyMap<string, Measurement>;

/** The time budget is over: the reason of the cancellation that ends reading. */
export class OutOfTime extends Error {}

/** What is said of a file when the budget is over. */
export const OUT_OF_TIME = { found: 'unread', why: 'the time budget is over' } as const;

/** Turns what came of a file into a measurement; a shortage of ours says nothing about it and ends the inspection. */
export function measurementOf(result: Exclude<Look | Reading, Content> | Trouble | Measurement): Measurement {
  if (result.found === 'regular') return { found: 'size', size: result.size };
  if (result.found === 'crash') return { found: 'unread', why: 'the thread that read it crashed, twice' };
  if (result.found !== 'fault') return result;
  const shortage = shortageNamed(result.errno);
  if (shortage !== null) throw new Refusal(busy(shortage));
  if (result.errno === null) throw new Error(result.message);
  return { found: 'unreadable', errno: result.errno };
}
