/** Everything that a write could change in a directory, entry by entry; access times are left out. */

import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from './runs.ts';

/** By path; kind, permissions, owner, links, size, times in nanoseconds, device, inode, and the digest of its content. */
export function snapshot(directory: string): Record<string, string> {
  const entries = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return Object.fromEntries(
    ['.', ...entries].toSorted().map((path) => [path, lookAt(join(directory, path))]),
  );
}

function lookAt(path: string): string {
  const stats = lstatSync(path, { bigint: true });
  const { mode, uid, gid, nlink, size, mtimeNs, ctimeNs, dev, ino } = stats;
  return [mode, uid, gid, nlink, size, mtimeNs, ctimeNs, dev, ino, contentOf(path, stats)].join(' ');
}

function contentOf(path: string, stats: ReturnType<typeof lstatSync>): string {
  if (stats?.isSymbolicLink() === true) return readlinkSync(path);
  return stats?.isFile() === true ? sha256(readFileSync(path)) : '';
}
