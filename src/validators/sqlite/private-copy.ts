/**
 * Files come in and are copied to a fresh directory that only this user may enter, outside of the backups directory: the one
 * place of this library that writes, and all it writes is removed again.
 */

import { mkdtemp, realpath, rm, stat, statfs, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ArtifactFile } from '../validator.ts';

/** A private copy of a file, and of files beside it. */
export interface PrivateCopy {
  /** Absolute. */
  readonly path: string;
  /** Copies a file; `ending` is what stands behind the path of the first. */
  add(file: ArtifactFile, ending: string, signal: AbortSignal): Promise<void>;
  /** Cuts the copy off, so that whoever reads it soon comes to an end, and removes all of it. May be called twice. */
  remove(): Promise<void>;
}

/** What the copies are called. */
const NAME = 'copy';

/** Why nothing can be copied to a directory, or null. `bytes` is what will be written. */
export async function obstacleIn(directory: string, root: string, bytes: number): Promise<string | null> {
  if (await isBelow(directory, root)) return `"${directory}" is in the backups directory`;
  const { bavail, bsize } = await statfs(directory, { bigint: true });
  const free = bavail * bsize;
  return free < BigInt(bytes) ? `a copy needs ${bytes} bytes in "${directory}", which has ${free}` : null;
}

export async function createPrivateCopy(directory: string): Promise<PrivateCopy> {
  const home = await mkdtemp(join(directory, 'backup-run-inspector-'));
  const path = join(home, NAME);
  return {
    path,
    add: (file, ending, signal) =>
      writeFile(path + ending, file.chunks(), { flag: 'wx', mode: 0o600, signal }),
    async remove() {
      await truncate(path).catch(() => undefined);
      await rm(home, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Whether a directory is another or anywhere below it, whatever mounts and symlinks lead there. */
async function isBelow(directory: string, root: string): Promise<boolean> {
  const { dev, ino } = await stat(root, { bigint: true });
  for (let at = await realpath(directory); ; at = dirname(at)) {
    const stats = await stat(at, { bigint: true });
    if (stats.dev === dev && stats.ino === ino) return true;
    if (at === dirname(at)) return false;
  }
}
