/** The path of a backups directory comes in, the best pin this system has for it goes out. */

import { platform } from 'node:os';
import { basename } from 'node:path';
import { anchoredRoot } from './anchored.ts';
import type { Plan } from './calls.ts';
import { errnoOf, isForbidden } from './errno.ts';
import { namedRoot } from './named.ts';
import { isSameEntry, type Pin } from './pin.ts';

/** The backups directory. */
export interface Root {
  /** Absolute. */
  readonly path: string;
  /** What answers call it: its basename. */
  readonly name: string;
  /** Pins it where it is now, symlinks followed. */
  pin(): Plan<Pin>;
}

/** Without `/proc` everything below it is ENOENT, and would read as "there is no such run". */
const WITHOUT_PROC: readonly (string | null)[] = ['ENOENT', 'ENOTDIR'];

/** A root by its absolute path. Whether this system has anchored pins is found out once, with the first pin. */
export function createRoot(path: string): Root {
  let pinRoot = platform() === 'linux' ? null : namedRoot;
  return {
    path,
    name: basename(path),
    *pin() {
      if (pinRoot !== null) return yield* pinRoot(path);
      const anchored = yield* anchoredRoot(path);
      let isAnchored = false;
      try {
        isAnchored = yield* reachesBelow(anchored);
      } finally {
        if (!isAnchored) yield* anchored.release();
      }
      pinRoot = isAnchored ? anchoredRoot : namedRoot;
      return isAnchored ? anchored : yield* namedRoot(path);
    },
  };
}

function* reachesBelow(root: Pin): Plan<boolean> {
  try {
    const itself = yield* root.directory('.');
    yield* itself.release();
    return isSameEntry(itself.stats, root.stats);
  } catch (fault) {
    if (WITHOUT_PROC.includes(errnoOf(fault)) || isForbidden(fault)) return false;
    throw fault;
  }
}
