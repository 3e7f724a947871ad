/**
 * Walks a tree without fast-glob: where that is not installed, as in a bundle, where the process has no working directory any more, which
 * fast-glob asks for first, and where fake timers stand in the place of those that it needs.
 */

import type { Dirent } from 'node:fs';

/** Everything below a directory, or what in it ends so. */
export type TreePattern = '**' | `*${string}`;

/** What matches below a directory, by its path from there; `entriesOf` gives what is in the directory at such a path. */
export async function walkPlainly(
  pattern: TreePattern,
  entriesOf: (path: string) => Promise<readonly Dirent[]>,
): Promise<string[]> {
  const isDeep = pattern === '**';
  const matches: string[] = [];
  const directories = [''];
  // It grows on the way.
  for (const directory of directories) {
    for (const entry of await entriesOf(directory)) {
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
      if (isDeep || path.endsWith(pattern.slice(1))) matches.push(path);
      if (isDeep && entry.isDirectory()) directories.push(path);
    }
  }
  return matches;
}
