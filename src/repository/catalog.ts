/** Lists the runs that stand in the status directories, by name alone. */

import type { Io } from '../fs/calls.ts';
import { refusalOf } from '../fs/errno.ts';
import type { Root } from '../fs/root.ts';
import { Refusal, type BackupRunError } from '../model/errors.ts';
import { LOOK_UP_ORDER, NAME, type StatusDirectory } from './layout.ts';
import { statusDirectory } from './locate-run.ts';

/** What one status directory holds. */
export interface CatalogPart {
  readonly directory: StatusDirectory;
  /** Run ids with NUL between them, in no order: a million strings would cost ten times as much on their way. */
  readonly runIds: string;
}

/** The runs there are, by name, in look-up order of their directories. */
export interface Catalog {
  readonly parts: readonly CatalogPart[];
  /** What could not be listed, with the reason. */
  readonly unlistable: readonly { readonly path: string; readonly error: BackupRunError }[];
}

/** Entries between two looks at the clock. */
const NAME_STRIDE = 4_096;

/**
 * Lists every status directory, but for those that stalled before. What an entry is, is not looked at. A directory that cannot be
 * listed hides no other.
 */
export async function readCatalog(root: Root, stalled: readonly string[], io: Io): Promise<Catalog> {
  const parts: CatalogPart[] = [];
  const unlistable: { path: string; error: BackupRunError }[] = [];
  for (const directory of LOOK_UP_ORDER) {
    const path = `${root.name}/${directory}`;
    if (stalled.includes(path)) continue;
    let at = root.name;
    try {
      io.at(root.name);
      const rootHandle = root.hold(io);
      try {
        at = path;
        io.at(path);
        const status = statusDirectory(rootHandle, directory);
        if (status === null) continue;
        try {
          parts.push({ directory, runIds: await runIdsAmong(status.names(), io) });
        } finally {
          status.release();
        }
      } finally {
        rootHandle.release();
      }
    } catch (fault) {
      const refusal = refusalOf(fault, at);
      if (!(refusal instanceof Refusal)) throw refusal;
      unlistable.push({ path: at, error: refusal.error });
      // The root hides all of them alike.
      if (at === root.name) break;
    }
  }
  return { parts, unlistable };
}

async function runIdsAmong(names: readonly string[], io: Io): Promise<string> {
  const runIds: string[] = [];
  for (const [index, name] of names.entries()) {
    if (index % NAME_STRIDE === 0 && io.isDue()) await io.turn();
    if (NAME.test(name)) runIds.push(name);
  }
  return runIds.join('\0');
}
