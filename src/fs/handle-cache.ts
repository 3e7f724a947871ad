/** Keeps the last few directories of one tree held, so that a deep tree is not walked from the top for every directory in it. */

import { nameOf } from './calls.ts';
import { walk, type Handle } from './handle.ts';

/** Names that lead from a directory to something below it, a character for each byte. */
export type BytePath = readonly string[];

/** Holds directories below another. */
export interface HandleCache {
  /** The directory that a path leads to, held until `release`, or until many others were asked for; null when it is none, or gone. */
  readonly directory: (path: BytePath) => Handle | null;
  readonly release: () => void;
}

/** Directories that stay held. */
const MOST = 8;

export function createHandleCache(below: Handle): HandleCache {
  const kept: { readonly path: BytePath; readonly handle: Handle }[] = [];

  function directory(path: BytePath): Handle | null {
    const above = kept
      .filter((each) => leadsTo(each.path, path))
      .reduce((best, each) => (each.path.length > best.path.length ? each : best), {
        path: [],
        handle: below,
      });
    const rest = path.slice(above.path.length);
    if (rest.length === 0) return above.handle;
    const walked = walk(above.handle, rest.map(nameOf));
    if (walked.type !== 'held') return null;
    if (!walked.handle.stats.isDirectory()) {
      walked.handle.release();
      return null;
    }
    kept.push({ path, handle: walked.handle });
    if (kept.length > MOST) kept.shift()?.handle.release();
    return walked.handle;
  }

  return {
    directory,
    release() {
      for (const { handle } of kept.splice(0)) handle.release();
    },
  };
}

function leadsTo(path: BytePath, further: BytePath): boolean {
  return path.length <= further.length && path.every((name, index) => further[index] === name);
}
