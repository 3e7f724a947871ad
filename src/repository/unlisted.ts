/** Finds what is in a run directory and in no manifest. Keeps the first ones by path and counts the others, however many. */

import { createFirst } from './first.ts';
import type { Io } from '../fs/calls.ts';
import { nameOf } from '../fs/calls.ts';
import { NamedFault } from '../fs/errno.ts';
import type { Handle } from '../fs/handle.ts';
import { walk } from '../fs/handle.ts';
import type { BytePath } from '../fs/handle-cache.ts';
import { isManifest } from './layout.ts';
import { textOfBytes, type Unlistable } from './list-participants.ts';
import { createFormNotes, type OtherForm } from './other-forms.ts';
import { diskErrnoOf, walkTree, type Visitor } from './walk-tree.ts';

/** What to look for. */
export interface SearchRequest {
  /** Where the run is, in the form of answers. */
  readonly path: string;
  /** Paths that are claimed, from the run directory, with NUL between them: they are not looked at. */
  readonly claimed: string;
  /** Directories to search, by their paths from the run directory; `""` is the run directory. What is no directory is passed over. */
  readonly starts: readonly string[];
  /** Paths that are kept. */
  readonly most: number;
  /** Paths, in the form of answers, of entries and directories that stalled before: they are not looked at again. */
  readonly stalled: readonly string[];
}

/** What a search found. */
export interface FoundUnlisted {
  /** In the form of answers, by path; the first ones. */
  readonly paths: readonly string[];
  readonly total: number;
  /** What could not be looked at; the first ones by path. */
  readonly unlistable: readonly Unlistable[];
  readonly unlistableTotal: number;
  /** Of those of which a claimed path is another Unicode form, kept or not. */
  readonly otherForms: readonly OtherForm[];
}

/** Searches a held run directory for entries that are no directory, are not claimed and are no manifest. */
export async function findUnlisted(run: Handle, request: SearchRequest, io: Io): Promise<FoundUnlisted> {
  const unlisted = createFirst<string>(request.most, (path) => path);
  const unlistable = createFirst<Unlistable>(request.most, ({ path }) => path);
  const paths = request.claimed === '' ? [] : request.claimed.split('\0');
  const claimed = new Set(paths.map(bytewise));
  const forms = createFormNotes(paths, (path) => path.map(textOfBytes).join('/'));
  const pathOf = (path: BytePath): string => [request.path, ...path.map(textOfBytes)].join('/');
  /** An entry that stalls is reported by its own path, and hides no other of its directory. */
  const beAt = (path: string): void => {
    if (request.stalled.includes(path)) throw new NamedFault('it stalled before', 'ETIMEDOUT');
    io.at(path);
  };
  const visitor: Omit<Visitor, 'within'> = {
    below: run,
    pattern: '**',
    classify(directory, name, path) {
      if (claimed.has(path.join('/'))) return null;
      const shown = pathOf(path);
      beAt(shown);
      const stats = directory.look(nameOf(name));
      if (stats?.isDirectory() === true) return 'directory';
      if (stats === null || isManifest(path)) return null;
      unlisted.add(shown);
      forms.note(path);
      return null;
    },
    pathOf,
    stalled: request.stalled,
    onUnlistable: (path, errno) => unlistable.add({ path: pathOf(path), errno }),
  };
  /** Whether a claimed path leads to a directory; a fault on the way concerns that path alone. */
  const isToSearch = (path: BytePath): boolean => {
    try {
      beAt(pathOf(path));
      return isDirectoryAt(run, path);
    } catch (fault) {
      const errno = diskErrnoOf(fault);
      if (errno === null) throw fault;
      visitor.onUnlistable(path, errno);
      return false;
    }
  };
  for (const start of request.starts) {
    if (io.isDue()) await io.turn();
    const within = start === '' ? [] : bytewise(start).split('/');
    if (within.length === 0 || isToSearch(within)) await walkTree({ ...visitor, within }, io);
  }
  return {
    paths: unlisted.first(),
    total: unlisted.total(),
    unlistable: unlistable.first(),
    unlistableTotal: unlistable.total(),
    otherForms: forms.noted(),
  };
}

function isDirectoryAt(run: Handle, path: BytePath): boolean {
  const [only, another] = path;
  if (only !== undefined && another === undefined) return run.look(nameOf(only))?.isDirectory() ?? false;
  const walked = walk(run, path.map(nameOf));
  if (walked.type !== 'held') return false;
  walked.handle.release();
  return walked.handle.stats.isDirectory();
}

/** A text as its bytes, a character for each. */
function bytewise(text: string): string {
  const bytes = Buffer.byteLength(text);
  return bytes === text.length ? text : Buffer.from(text).toString('latin1');
}
