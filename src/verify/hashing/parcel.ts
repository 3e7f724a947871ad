/**
 * What came of many files comes in, a parcel for the way between threads goes out, and back: an object for each would cost
 * more than hashing a small file. What is usual travels in columns, whatever else as it is.
 */

import type { Content, Look, Reading, Regular, Trouble } from './hash-file.ts';

/** What came of one file. */
export type Result = Look | Reading | Trouble;

/** Results in the order of their files. */
export interface Parcel {
  /** Bytes of what is usual; -1 for all others. */
  readonly sizes: Float64Array;
  /** Of what is usual, a line for each file. */
  readonly identities: string;
  /** A line for each file; of a look they are empty. */
  readonly digests: string;
  /** 1 for what was settled when it was read. */
  readonly settled: Uint8Array;
  /** All others, by their places. */
  readonly others: ReadonlyMap<number, Result>;
}

/** A regular file that was looked at, or was read whole and did not change. */
type Usual = (Regular & { readonly size: number }) | Content;

function isUsual(result: Result): result is Usual {
  if (result.found === 'regular') return typeof result.size === 'number';
  return result.found === 'read' && result.change === 'none' && result.bytesRead === result.size;
}

export function pack(results: readonly Result[]): Parcel {
  const sizes = new Float64Array(results.length).fill(-1);
  const settled = new Uint8Array(results.length);
  const others = new Map<number, Result>();
  const identities: string[] = [];
  const digests: string[] = [];
  for (const [place, result] of results.entries()) {
    if (!isUsual(result)) others.set(place, result);
    else sizes[place] = result.size;
    if (result.found === 'read' && result.isSettled) settled[place] = 1;
    identities.push('identity' in result ? result.identity : '');
    digests.push(result.found === 'read' ? result.digest : '');
  }
  return { sizes, identities: identities.join('\n'), digests: digests.join('\n'), settled, others };
}

export function unpack({ sizes, identities, digests, settled, others }: Parcel): Result[] {
  const [identityOf, digestOf] = [identities.split('\n'), digests.split('\n')];
  return Array.from(sizes, (size, place): Result => {
    const other = others.get(place);
    if (other !== undefined) return other;
    const [identity = '', digest = ''] = [identityOf[place], digestOf[place]];
    if (digest === '') return { found: 'regular', size, identity };
    const isSettled = settled[place] === 1;
    return { found: 'read', size, bytesRead: size, digest, change: 'none', identity, isSettled };
  });
}
