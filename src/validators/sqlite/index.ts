/** SQLite databases: what SQLite's own integrity check says about a private copy, in a process of its own. */

import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { requireHere } from '../../fs/require-here.ts';
import { checked, exactly } from '../../model/check-options.ts';
import { resolvePath } from '../../fs/resolve-path.ts';
import { LONGEST_TIMER } from '../../model/limits.ts';
import { quote } from '../../model/printable.ts';
import { appliesTo, beginsWith, kindEntries, mayBeginWith, recognised, type KindOptions } from '../kind.ts';
import type { ArtifactFile, ValidationContext, Validator, Verdict } from '../../content/validator.ts';
import { startCheck, type Check, type CheckSettings } from './child.ts';
import { findNode } from './node-program.ts';
import { skipped } from './protocol.ts';
import { headOf, readWalHeader } from './wal-header.ts';
import { clearInterval, setInterval, setTimeout } from '../../concurrency/clock.ts';

/** How databases are checked. */
export interface SqliteOptions extends KindOptions {
  /** Where private copies are made; the system's directory for temporary files. Must not be in the backups directory. */
  directory?: string | undefined;
  /** Milliseconds that one check may take, copying apart; an hour. What takes longer is not verified. */
  timeoutMs?: number | undefined;
}

const SQLITE_MAGIC = Buffer.from('SQLite format 3\0');

/**
 * Creates a validator that runs SQLite's full `PRAGMA integrity_check` on a private copy of a database, together with the
 * `-wal` artifact beside it. Needs `node:sqlite` (Node.js 22.13 and later) or the package better-sqlite3: without either
 * a database is not verified. Applies to `.db`, `.db3`, `.sqlite` and `.sqlite3`, and to files that begin like a database; one that does
 * not, because it is encrypted, say, is not verified.
 *
 * A database is a program: its indexes and generated columns are evaluated, and may take any time and memory. The check runs in a process
 * of its own, with bounds on both, that ends at `timeoutMs`, with the call, and with the host; CHECK constraints are left out. Where no
 * such process can be had (in Electron, Bun, Deno, a single executable) a database is not verified. Nor is it where SQLite cannot parse
 * the schema, finds a collation, a function or a tokenizer missing, or a row that the schema does not allow: invalid is only what it knows
 * to be damage.
 *
 * @throws TypeError for options of a wrong type, and for a relative directory where the working directory was deleted.
 */
export function sqlite(options: SqliteOptions = {}): Validator {
  const schema = exactly({
    ...kindEntries(/\.(?:db3?|sqlite3?)$/i),
    directory: v.optional(v.pipe(v.string(), v.nonEmpty(), v.excludes('\0')), tmpdir),
    timeoutMs: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(LONGEST_TIMER)), 3_600_000),
  });
  const { timeoutMs, ...settings } = checked(schema, options, 'create validator sqlite');
  const directory = absolute(settings.directory);
  return {
    name: 'sqlite',
    applies: appliesTo(settings, beginsWith(...SQLITE_MAGIC)),
    validate: recognised('an SQLite database', mayBeginWith(...SQLITE_MAGIC), (file, context) =>
      validateCopy(file, context, { directory, timeoutMs }),
    ),
  };
}

/** Taken from the working directory of this moment. */
function absolute(directory: string): string {
  const path = resolvePath(directory);
  if (path !== null) return path;
  throw new TypeError(
    `Cannot create validator sqlite: directory ${quote(directory)} is relative, and the working directory of this process is gone`,
  );
}

interface Settings {
  /** Absolute path of the directory for private copies. */
  readonly directory: string;
  readonly timeoutMs: number;
}

async function validateCopy(
  file: ArtifactFile,
  context: ValidationContext,
  settings: Settings,
): Promise<Verdict> {
  const node = findNode();
  if ('why' in node) return skipped(node.why);
  const engine = findEngine();
  if (engine === null) return skipped('there is neither node:sqlite (Node.js 22.13) nor better-sqlite3');
  // SQLite would roll it back, and may delete a file that it names.
  const journal = file.beside('-journal');
  if (journal !== null && (await headOf(journal, 1)).length > 0)
    return skipped('it has a rollback journal beside it');
  const log = file.beside('-wal');
  const header = log === null ? 'empty' : await readWalHeader(log);
  if (header === 'invalid') return skipped('the log beside it has no valid header, so SQLite ignores it');
  const files = log === null || header === 'empty' ? [file] : [file, log];
  const { root } = context;
  const task = { root, space: spaceFor(files), size: file.size, engine, timeoutMs: settings.timeoutMs };
  return checkFiles(files, { node: node.path, directory: settings.directory, task }, context);
}

/** Beside the log, its index; both may be written back to the database. */
function spaceFor([file, log]: readonly ArtifactFile[]): number {
  return (file?.size ?? 0) + 2 * (log?.size ?? 0) + 65_536;
}

/** The module to check with, for another process to import, or null. */
function findEngine(): string | null {
  if (isBuiltin('node:sqlite')) return 'node:sqlite';
  try {
    return pathToFileURL(requireHere().resolve('better-sqlite3')).href;
  } catch {
    return null;
  }
}

/** Milliseconds between two signs of life, while SQLite works. */
const PULSE = 20;

/** Ends in bounded time, with the process that checks. */
async function checkFiles(
  files: readonly ArtifactFile[],
  started: Pick<CheckSettings, 'node' | 'directory' | 'task'>,
  { signal, alive }: ValidationContext,
): Promise<Verdict> {
  signal.throwIfAborted();
  const { timeoutMs } = started.task;
  const over = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  let end: (() => void) | null = null;
  const ended = new Promise<Verdict>((resolveEnded) => {
    end = () => resolveEnded(skipped(`its check took longer than ${timeoutMs} ms`));
    signal.addEventListener('abort', end, { once: true, signal: over.signal });
  });
  const onCopied = (): void => {
    timers.push(
      setTimeout(() => end?.(), timeoutMs),
      setInterval(alive, PULSE),
    );
  };
  const child = startCheck({ ...started, onCopied });
  try {
    await Promise.race([ended, send(files, child)]);
    return await Promise.race([ended, child.verdict]);
  } finally {
    over.abort();
    for (const timer of timers) clearInterval(timer);
    await child.end();
  }
}

/** Sends the files one behind the other, in pieces with their length before them; a length of 0 ends each. */
async function send([file, log]: readonly ArtifactFile[], child: Check): Promise<void> {
  for (const each of [file, log]) {
    if (each !== undefined)
      for await (const chunk of each.chunks()) {
        const isWanted = (await child.write(lengthPrefix(chunk))) && (await child.write(chunk));
        if (!isWanted) return;
      }
    await child.write(NOTHING);
  }
}

const NOTHING = Buffer.alloc(4);

function lengthPrefix({ length }: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(length);
  return bytes;
}
