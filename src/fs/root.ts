/** The backups directory, held by the best means this system has. */

import { platform } from 'node:os';
import { basename } from 'node:path';
import type { Io } from './calls.ts';
import { errnoOf, isForbidden } from './errno.ts';
import { holdRootByFd } from './fd-handle.ts';
import { isUnreplaced, type Handle, type HoldRoot } from './handle.ts';
import { holdRootByPath } from './path-handle.ts';

/** The backups directory. */
export interface Root {
  /** Absolute. */
  readonly path: string;
  /** What answers call it: its basename. */
  readonly name: string;
  /** Holds it where it is now, symlinks followed. */
  readonly hold: (io: Io) => Handle;
}

/** Without `/proc` everything below it is ENOENT, and would read as "there is no such run". */
const WITHOUT_PROC: readonly (string | null)[] = ['ENOENT', 'ENOTDIR'];

/** A root by its absolute path. Whether this system has handles by descriptor is found out once, with the first one. */
export function createRoot(path: string): Root {
  let holdRoot: HoldRoot | null = platform() === 'linux' ? null : holdRootByPath;
  return {
    path,
    name: basename(path),
    hold(io) {
      if (holdRoot !== null) return holdRoot(io, path);
      const byFd = holdRootByFd(io, path);
      let isUsable = false;
      try {
        isUsable = leadsBelow(byFd);
      } finally {
        if (!isUsable) byFd.release();
      }
      holdRoot = isUsable ? holdRootByFd : holdRootByPath;
      return isUsable ? byFd : holdRootByPath(io, path);
    },
  };
}

function leadsBelow(root: Handle): boolean {
  try {
    const itself = root.directory('.');
    itself.release();
    return isUnreplaced(itself.stats, root.stats);
  } catch (fault) {
    if (WITHOUT_PROC.includes(errnoOf(fault)) || isForbidden(fault)) return false;
    throw fault;
  }
}
