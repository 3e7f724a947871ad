/**
 * A held directory and a glob come in, the entries below it that match go out: never by a path that could be swapped,
 * never through a symlink, never with a name from outside.
 */

import type { Cancellation } from '../cancellation.ts';
import type { Dirent, PathLike } from 'node:fs';
import { sep } from 'node:path';
import type FastGlob from 'fast-glob';
import type { FileSystemAdapter } from 'fast-glob';
import { busy, Refusal } from '../errors.ts';
import type { Entry } from './calls.ts';
import type { Session } from './disk.ts';
import { errnoOf, shortageOf } from './errno.ts';
import { LONGEST_PATH } from './layout.ts';
import type { Pin } from './pin.ts';
import { createTrail } from './trail.ts';

/** One entry below a directory. */
export interface Found {
  /** The names that lead to it, each as its bytes. */
  readonly names: readonly Buffer[];
  readonly isDirectory: boolean;
}

/** A directory that could not be listed. */
export interface Unlistable {
  readonly names: readonly Buffer[];
  readonly errno: string;
}

export interface Search {
  /** In no order. */
  readonly found: readonly Found[];
  readonly unlistable: readonly Unlistable[];
}

/** What to look for, and where. */
export interface Quest {
  readonly below: Pin;
  /** Names that lead from there to where the search begins. */
  readonly within: readonly string[];
  /** A glob of fast-glob; names that begin with a dot match too. */
  readonly pattern: string;
  /** Paths of entries that are known, from there, a character for each byte: not found, unless they are directories. */
  readonly known?: ReadonlySet<string>;
}

/** Finds what matches a glob below a directory. */
export async function find(disk: Session, quest: Quest, cancellation: Cancellation): Promise<Search> {
  const fastGlob = await loadFastGlob();
  const prefix = quest.within.map((name) => Buffer.from(name));
  const trail = createTrail(disk, quest.below, cancellation);
  const unlistable: Unlistable[] = [];
  const broken: unknown[] = [];

  /** Never rejects: fast-glob may not see every reason, and what can be listed is to go on. */
  async function entriesOf(path: string): Promise<Entry[]> {
    const names = [...prefix, ...decodePath(path)];
    if (lengthOf(names) > LONGEST_PATH) {
      unlistable.push({ names, errno: 'ENAMETOOLONG' });
      return [];
    }
    try {
      const entries = await trail.list(names);
      return quest.known === undefined ? entries.map(encodeEntry) : unknown(entries, names, quest.known);
    } catch (fault) {
      const errno = shortageOf(fault) === null ? errnoOf(fault) : null;
      if (errno === null) broken.push(fault);
      else unlistable.push({ names, errno });
      return [];
    }
  }

  try {
    const matches = await fastGlob.glob(quest.pattern, {
      cwd: BASE,
      dot: true,
      onlyFiles: false,
      objectMode: true,
      followSymbolicLinks: false,
      // By default as many as there are processors: each holds descriptors, and listens for an abort.
      concurrency: 2,
      fs: adapter(entriesOf),
    });
    if (broken.length > 0) throw broken[0];
    const found = matches.map((match) => ({
      names: [...prefix, ...decodePath(`${BASE}/${match.path}`)],
      isDirectory: match.dirent.isDirectory(),
    }));
    return { found, unlistable };
  } finally {
    await trail.end();
  }
}

/**
 * Loads what finds, which takes longer than inspecting a small run. Node remembers a module that it could not open for want
 * of a descriptor as one that does not exist: whoever creates an inspector asks for it early.
 */
export async function loadFastGlob(): Promise<typeof FastGlob> {
  try {
    return (await import('fast-glob')).default;
  } catch (fault) {
    throw new Refusal(
      busy(`fast-glob cannot be loaded: ${fault instanceof Error ? fault.message : String(fault)}`),
    );
  }
}

/** The entries of a directory that are not known, or may lead to such. */
function unknown(
  entries: readonly Entry[],
  directory: readonly Buffer[],
  known: ReadonlySet<string>,
): Entry[] {
  const before = directory.map((name) => `${name.toString('latin1')}/`).join('');
  return entries.filter((entry) => entry.isDirectory() || !known.has(before + entry.name)).map(encodeEntry);
}

function lengthOf(names: readonly Buffer[]): number {
  return names.reduce((sum, name) => sum + name.length + 1, -1);
}

/** Where the tree stands in the eyes of fast-glob, which wants an absolute path: nothing is ever looked up there. */
const BASE = `${sep}run`;

/**
 * Names as fast-glob sees them: every byte but the plain ones is written as %XX. So a name can hold a newline,
 * a backslash, glob characters or bytes that are no UTF-8, and still matches and comes back as it was.
 */
function encodeEntry(entry: Entry): Entry {
  entry.name = entry.name.replace(
    /[^A-Za-z0-9._-]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return entry;
}

function decodePath(path: string): Buffer[] {
  const names = path.slice(BASE.length + 1).split(/[/\\]/);
  return names.filter((name) => name !== '').map(decodeName);
}

function decodeName(name: string): Buffer {
  const bytes = name.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}

/** The tree for fast-glob. Every method is given, because a missing one would be taken from `node:fs`. */
function adapter(entriesOf: (path: string) => Promise<Entry[]>): Partial<FileSystemAdapter> {
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
