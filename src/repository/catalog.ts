/** Lists the runs that stand in the status directories, by name alone. */

import { nameOf, type Io, type Name } from '../fs/calls.ts';
import { errnoOf, refusalOf, shortageOf } from '../fs/errno.ts';
import { holdIfThere, type Handle } from '../fs/handle.ts';
import { confirmNames, type ConfirmName } from '../fs/undecodable.ts';
import type { Root } from '../fs/root.ts';
import { isRowError, Refusal, unsafe, type ListBackupRunsError } from '../model/errors.ts';
import { textOf } from '../model/printable.ts';
import { isNobodysRun, isRunId, LOOK_UP_ORDER, RUN_MANIFEST, type StatusDirectory } from './layout.ts';
import { statusDirectory } from './locate-run.ts';

/** What one status directory holds. */
export interface CatalogPart {
  readonly directory: StatusDirectory;
  /** Run ids with NUL between them, in no order: a million strings would cost ten times as much on their way. */
  readonly runIds: string;
  /** What cannot be inspected because of its name: it can be no run id, and holds a run manifest or cannot be looked into. */
  readonly misnamed: readonly MisnamedRun[];
}

/** A directory that looks like a run, but for its name. */
export interface MisnamedRun {
  readonly name: string;
  readonly error: ListBackupRunsError;
}

/** The runs there are, by name, in look-up order of their directories. */
export interface Catalog {
  readonly parts: readonly CatalogPart[];
  /** What could not be listed, with the reason. */
  readonly unlistable: readonly { readonly path: string; readonly error: ListBackupRunsError }[];
}

/** Entries between two looks at the clock. */
const NAME_STRIDE = 4_096;

/**
 * Lists every status directory, but for what stalled before. What an entry is, is looked at only where its name can be no
 * run id. A directory that cannot be listed hides no other.
 */
export async function readCatalog(root: Root, stalled: readonly string[], io: Io): Promise<Catalog> {
  const parts: CatalogPart[] = [];
  const unlistable: { path: string; error: ListBackupRunsError }[] = [];
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
          parts.push({ directory, ...(await sortNames(status, path, stalled, io)) });
        } finally {
          status.release();
        }
      } finally {
        rootHandle.release();
      }
    } catch (fault) {
      const refusal = refusalOf(fault, at);
      if (!(refusal instanceof Refusal && isRowError(refusal.error))) throw refusal;
      unlistable.push({ path: at, error: refusal.error });
      // The root hides all of them alike.
      if (at === root.name) break;
    }
  }
  return { parts, unlistable };
}

async function sortNames(
  status: Handle,
  path: string,
  stalled: readonly string[],
  io: Io,
): Promise<Omit<CatalogPart, 'directory'>> {
  const runIds: string[] = [];
  const misnamed: MisnamedRun[] = [];
  const names = status.names();
  const confirmName = confirmNames(names);
  for (const [index, name] of names.entries()) {
    if (index % NAME_STRIDE === 0 && io.isDue()) await io.turn();
    if (isRunId(name)) runIds.push(name);
    else if (!isNobodysRun(name))
      misnamed.push(...misnamedRun(status, name, { directory: path, stalled, confirmName }, io));
  }
  return { runIds: runIds.join('\0'), misnamed };
}

/** Where a name was listed. */
interface NamedPlace {
  /** In the form of answers. */
  readonly directory: string;
  readonly stalled: readonly string[];
  readonly confirmName: ConfirmName;
}

/** The run of a name that can be no run id; none when the entry holds no run manifest, or is gone. */
function misnamedRun(
  status: Handle,
  name: string,
  { directory, stalled, confirmName }: NamedPlace,
  io: Io,
): MisnamedRun[] {
  const text = textOf(Buffer.from(name, 'latin1'));
  const path = `${directory}/${text}`;
  if (stalled.includes(path)) return [];
  try {
    io.at(path);
    confirmName(status, name);
    if (!holdsManifest(status, nameOf(name))) return [];
    return [
      { name: text, error: unsafe(path, 'directory with a run id as its name', 'name that can be none') },
    ];
  } catch (fault) {
    if (errnoOf(fault) === null || shortageOf(fault) !== null) throw fault;
    const refusal = refusalOf(fault, path);
    const error = refusal instanceof Refusal ? refusal.error : null;
    return error !== null && isRowError(error) ? [{ name: text, error }] : [];
  } finally {
    io.at(directory);
  }
}

function holdsManifest(status: Handle, name: Name): boolean {
  if (status.look(name)?.isDirectory() !== true) return false;
  const entry = holdIfThere(status, name);
  try {
    return entry?.stats.isDirectory() === true && entry.look(RUN_MANIFEST) !== null;
  } finally {
    entry?.release();
  }
}
