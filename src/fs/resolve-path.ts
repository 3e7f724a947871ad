/** Relative paths, where the directory that they are taken from may be gone. */

import { resolve } from 'node:path';
import { isWithoutWorkingDirectory } from './errno.ts';

/** The absolute path of a directory that was named; null for a relative one when the working directory of this process is gone. */
export function resolvePath(path: string): string | null {
  try {
    return resolve(path);
  } catch (fault) {
    if (isWithoutWorkingDirectory(fault)) return null;
    throw fault;
  }
}
