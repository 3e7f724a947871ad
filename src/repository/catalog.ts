/** A root comes in, the names of the runs in its status directories go out, and what could not be listed, with its fault. */

import { throwIfCancelled, type Cancellation } from '../cancellation.ts';
import { createTurns, type Entry, type Plan } from './calls.ts';
import type { Session } from './disk.ts';
import { LOOK_UP_ORDER, NAME, type StatusDirectory } from './layout.ts';
import { statusDirectory, type Whereabouts } from './resolve.ts';
import type { Root } from './root.ts';

/** The runs there are, by name. */
export interface Catalog {
  /** Where each was seen, in look-up order: twice, if it was published meanwhile, or if its name is ambiguous. */
  readonly runs: ReadonlyMap<string, readonly StatusDirectory[]>;
  readonly unlistable: readonly { readonly path: string; readonly fault: unknown }[];
}

/** Entries between two looks at the clock. */
const STRIDE = 256;

/**
 * Lists every status directory. Entries whose names could be no run's are none; what an entry is, is not looked at. A
 * directory that cannot be listed hides no other.
 */
export async function readCatalog(disk: Session, root: Root, cancellation: Cancellation): Promise<Catalog> {
  const runs = new Map<string, readonly StatusDirectory[]>();
  const unlistable: { path: string; fault: unknown }[] = [];
  for (const directory of LOOK_UP_ORDER) {
    const at = { path: root.name };
    try {
      await disk.perform(listStatus(root, directory, at, runs), cancellation);
    } catch (fault) {
      throwIfCancelled(cancellation);
      unlistable.push({ path: at.path, fault });
      // The root hides all of them alike.
      if (at.path === root.name) break;
    }
  }
  return { runs, unlistable };
}

function runNamed({ name }: Entry): string | null {
  return NAME.test(name) ? name : null;
}

function* listStatus(
  root: Root,
  directory: StatusDirectory,
  at: Whereabouts,
  runs: Map<string, readonly StatusDirectory[]>,
): Plan<void> {
  const rootPin = yield* root.pin();
  try {
    at.path = `${root.name}/${directory}`;
    const pin = yield* statusDirectory(rootPin, directory);
    if (pin === null) return;
    try {
      const takeTurns = createTurns();
      // One list for all that are only here: there may be a million.
      const here = [directory];
      for (const [index, name] of (yield* pin.list(runNamed)).entries()) {
        if (index % STRIDE === 0) yield* takeTurns();
        runs.set(name, runs.get(name)?.concat(directory) ?? here);
      }
    } finally {
      yield* pin.release();
    }
  } finally {
    yield* rootPin.release();
  }
}
