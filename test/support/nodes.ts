/** This Node, and the others that are here: only this one where all tests are run on each of them in its turn. */

import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../nodes/node_modules/', import.meta.url));

/** The name and the program of each. */
export const NODES: readonly (readonly [name: string, path: string])[] = [
  [`Node ${process.version}`, process.execPath],
  ...others().map((name) => [name, `${FOLDER}${name}/bin/node`] as const),
];

function others(): readonly string[] {
  if (process.execPath.startsWith(FOLDER)) return [];
  if (!existsSync(FOLDER)) {
    console.warn('SKIPPED: other versions of Node (npm ci --prefix test/nodes)');
    return [];
  }
  return readdirSync(FOLDER).filter((name) => name.startsWith('node-'));
}
