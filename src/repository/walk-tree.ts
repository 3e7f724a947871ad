/**
 * Walks a tree of directories with fast-glob, which sees it only through an adapter: never by a path that could be swapped, never
 * through a symlink, never with a name from outside. Entries are named by one list call and looked at one by one, so that one
 * that vanished or cannot be looked at concerns itself alone.
 */

import type { Dirent, PathLike } from 'node:fs';
import { sep } from 'node:path';
import type { FileSystemAdapter } from 'fast-glob';
import { areTimersReplaced } from '../concurrency/clock.ts';
import type { Io } from '../fs/calls.ts';
import { errnoOf, isWithoutWorkingDirectory, shortageOf } from '../fs/errno.ts';
import type { Handle } from '../fs/handle.ts';
import { confirmNames } from '../fs/undecodable.ts';
import { createHandleCache, type BytePath, type HandleCache } from '../fs/handle-cache.ts';
import { loadFastGlob } from './fast-glob.ts';
import { LONGEST_PATH } from './layout.ts';
import { walkPlainly, type TreePattern } from './walk-plainly.ts';

/** What a walk does with what it meets. */
export interface Visitor {
  /** Below this directory. */
  readonly below: Handle;
  /** Names that lead from there to where the walk begins. */
  readonly within: BytePath;
  /** Names that begin with a dot match too. */
  readonly pattern: TreePattern;
  /** What an entry is for the glob; null keeps it from the glob. Faults of the disk are noted, and concern that entry alone. */
  readonly classify: (directory: Handle, name: string, path: BytePath) => 'directory' | 'file' | null;
  /** In the form of answers. */
  readonly pathOf: (path: BytePath) => string;
  /** Paths, in the form of answers, of directories that stalled before: they are not listed again. */
  readonly stalled: readonly string[];
  /** Takes what could not be listed or looked at. */
  readonly onUnlistable: (path: BytePath, errno: string) => void;
}

/** Walks a tree; what matched, in no order. A directory that is gone, or is none any more, is empty. */
export async function walkTree(visitor: Visitor, io: Io): Promise<BytePath[]> {
  const handles = createHandleCache(visitor.below);
  const broken: unknown[] = [];

  /** Never rejects: fast-glob may not see every reason, and what can be listed is to go on. */
  async function entriesOf(path: string): Promise<Dirent[]> {
    if (broken.length > 0) return [];
    const directory = [...visitor.within, ...decodePath(path)];
    try {
      return await listDirectory(directory, handles, visitor, io);
    } catch (fault) {
      const errno = diskErrnoOf(fault);
      if (errno === null) broken.push(fault);
      else visitor.onUnlistable(directory, errno);
      return [];
    }
  }

  try {
    const matches = await matchesOf(visitor.pattern, entriesOf);
    if (broken.length > 0) throw broken[0];
    return matches.map((match) => [...visitor.within, ...decodePath(`${BASE}/${match}`)]);
  } finally {
    handles.release();
  }
}

type EntriesOf = (path: string) => Promise<Dirent[]>;

/** What matches, by its path; the same with fast-glob and, where that cannot work, without it. */
async function matchesOf(pattern: TreePattern, entriesOf: EntriesOf): Promise<string[]> {
  // It goes on with the timers of this moment, which are nobody's in the tests of a host.
  const fastGlob = areTimersReplaced() ? null : await loadFastGlob();
  if (fastGlob === null) return plainMatchesOf(pattern, entriesOf);
  try {
    return await fastGlob.glob(pattern, {
      cwd: BASE,
      dot: true,
      onlyFiles: false,
      followSymbolicLinks: false,
      concurrency: 1,
      fs: adapter(entriesOf),
    });
  } catch (fault) {
    // It asks for that before anything else, though it is told another.
    if (!isWithoutWorkingDirectory(fault)) throw fault;
    return plainMatchesOf(pattern, entriesOf);
  }
}

function plainMatchesOf(pattern: TreePattern, entriesOf: EntriesOf): Promise<string[]> {
  return walkPlainly(pattern, (path) => entriesOf(`${BASE}/${path}`));
}

/** The errno of a fault that says something about what was asked for; null for a shortage of ours, or what is no fault of the disk. */
export function diskErrnoOf(fault: unknown): string | null {
  return shortageOf(fault) === null ? errnoOf(fault) : null;
}

/** Names between two looks at the clock. */
const ENTRY_STRIDE = 64;

async function listDirectory(
  directory: BytePath,
  handles: HandleCache,
  { pathOf, stalled, onUnlistable, classify }: Visitor,
  io: Io,
): Promise<Dirent[]> {
  if (bytesOfPath(directory) > LONGEST_PATH) {
    onUnlistable(directory, 'ENAMETOOLONG');
    return [];
  }
  const shown = pathOf(directory);
  if (stalled.includes(shown)) {
    onUnlistable(directory, 'ETIMEDOUT');
    return [];
  }
  io.at(shown);
  const handle = handles.directory(directory);
  const names = handle?.names() ?? [];
  const confirmName = confirmNames(names);
  const entries: Dirent[] = [];
  for (const [index, name] of names.entries()) {
    if (index % ENTRY_STRIDE === 0 && io.isDue()) await io.turn();
    const path = [...directory, name];
    try {
      if (handle !== null) confirmName(handle, name);
      const kind = handle && classify(handle, name, path);
      if (kind !== null) entries.push(entryFor(name, kind));
    } catch (fault) {
      const errno = diskErrnoOf(fault);
      if (errno === null) throw fault;
      onUnlistable(path, errno);
    }
  }
  return entries;
}

function bytesOfPath(path: BytePath): number {
  return path.reduce((sum, name) => sum + name.length + 1, -1);
}

/** Where the tree stands in the eyes of fast-glob, which wants an absolute path: nothing is ever looked up there. */
const BASE = `${sep}run`;

/**
 * A name as fast-glob sees it: every byte but the plain ones is written as %XX. So it can hold a newline, a backslash, glob
 * characters or bytes that are no UTF-8, and still matches and comes back as it was.
 */
function encodeName(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function decodePath(path: string): string[] {
  const names = path.slice(BASE.length + 1).split(/[/\\]/);
  return names
    .filter((name) => name !== '')
    .map((name) => name.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))));
}

/** An entry as fast-glob reads it. */
function entryFor(name: string, kind: 'directory' | 'file'): Dirent {
  const entry: Dirent = Object.create(kind === 'directory' ? DIRECTORY_ENTRY : FILE_ENTRY);
  return Object.assign(entry, { name: encodeName(name) });
}

const yes = (): boolean => true;
const no = (): boolean => false;
const DIRECTORY_ENTRY = { isDirectory: yes, isFile: no, isSymbolicLink: no };
const FILE_ENTRY = { isDirectory: no, isFile: yes, isSymbolicLink: no };

/** The tree for fast-glob. Every method is given, because a missing one would be taken from `node:fs`. */
function adapter(entriesOf: EntriesOf): Partial<FileSystemAdapter> {
  function readdir(path: string, options: object, done: (fault: null, entries: Dirent[]) => void): void;
  function readdir(path: string, done: (fault: null, names: string[]) => void): void;
  function readdir(
    path: string,
    ...rest: [object, (fault: null, entries: Dirent[]) => void] | [(fault: null, names: string[]) => void]
  ): void {
    const [, done] = rest;
    if (done === undefined) return refuse(path);
    void entriesOf(path).then((entries) => done(null, entries));
  }
  return { readdir, readdirSync: refuse, lstat: refuse, lstatSync: refuse, stat: refuse, statSync: refuse };
}

function refuse(path: PathLike): never {
  throw new Error(`the search asked for ${path.toString()} by path`);
}
