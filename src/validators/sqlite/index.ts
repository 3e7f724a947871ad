/** A SQLite database comes in, what SQLite's own integrity check says about a private copy of it goes out. */

import { createRequire, isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { waitAWhile } from '../../patience.ts';
import { checked } from '../../options.ts';
import { appliesTo, beginsWith, kindEntries, type KindOptions } from '../kind.ts';
import { createPrivateCopy, obstacleIn, type PrivateCopy } from './private-copy.ts';
import { startThread } from '../thread/handle.ts';
import type { ArtifactFile, ValidationContext, Validator, Verdict } from '../validator.ts';
import { headOf, readWalHeader } from './wal-header.ts';

/** How databases are checked. */
export interface SqliteOptions extends KindOptions {
  /** Where private copies are made; the system's directory for temporary files. Must not be in the backups directory. */
  directory?: string | undefined;
  /** Milliseconds that one check may take, copying apart; an hour. What takes longer is not verified. */
  timeoutMs?: number | undefined;
}

/** The longest time a timer of Node can be set to. */
const LONGEST_TIMER = 2 ** 31 - 1;

const MAGIC = Buffer.from('SQLite format 3\0');

/**
 * Creates a validator that runs SQLite's full `PRAGMA integrity_check` on a private copy of a database, together with the
 * `-wal` artifact beside it. Needs `node:sqlite` (Node.js 22.13 and later) or the package better-sqlite3: without either
 * a database is not verified. Applies to `.db`, `.db3`, `.sqlite` and `.sqlite3`, and to files that begin like a database.
 *
 * @throws TypeError for options of a wrong type.
 */
export function sqlite(options: SqliteOptions = {}): Validator {
  const schema = v.object({
    ...kindEntries(/\.(?:db3?|sqlite3?)$/i),
    directory: v.optional(v.pipe(v.string(), v.nonEmpty(), v.excludes('\0')), tmpdir),
    timeoutMs: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(LONGEST_TIMER)), 3_600_000),
  });
  const { timeoutMs, ...settings } = checked(schema, options, 'create validator sqlite');
  const directory = resolve(settings.directory);
  return {
    name: 'sqlite',
    applies: appliesTo(settings, beginsWith(...MAGIC)),
    validate: (file, context) => validateCopy(file, context, { directory, timeoutMs }),
  };
}

interface Settings {
  readonly directory: string;
  readonly timeoutMs: number;
}

/** Beside the log, its index; both may be written back to the database. */
const spaceFor = (file: ArtifactFile, log: ArtifactFile | null): number =>
  file.size + 2 * (log?.size ?? 0) + 65_536;

async function validateCopy(
  file: ArtifactFile,
  context: ValidationContext,
  { directory, timeoutMs }: Settings,
): Promise<Verdict> {
  const engine = findEngine();
  if (engine === null) return skipped('there is neither node:sqlite (Node.js 22.13) nor better-sqlite3');
  // SQLite would roll it back, and may delete a file that it names.
  const journal = file.beside('-journal');
  if (journal !== null && (await headOf(journal, 1)).length > 0)
    return skipped('it has a rollback journal beside it');
  const log = file.beside('-wal');
  const header = log === null ? 'empty' : await readWalHeader(log);
  if (header === 'invalid') return skipped('the log beside it has no valid header, so SQLite ignores it');
  const obstacle = await obstacleIn(directory, context.root, spaceFor(file, log));
  if (obstacle !== null) return skipped(obstacle);
  const copy = await createPrivateCopy(directory);
  try {
    await copy.add(file, '', context.signal);
    if (log !== null && header === 'valid') await copy.add(log, '-wal', context.signal);
    return await check(copy, { size: file.size, engine, timeoutMs }, context);
  } finally {
    await copy.remove();
  }
}

function skipped(why: string): Verdict {
  return { skipped: true, why };
}

/** The module to check with, for a thread to import, or null. */
function findEngine(): string | null {
  if (isBuiltin('node:sqlite')) return 'node:sqlite';
  try {
    return pathToFileURL(createRequire(import.meta.url).resolve('better-sqlite3')).href;
  } catch {
    return null;
  }
}

/** Milliseconds between two signs of life. */
const PULSE = 20;

/** Ends in bounded time: a check under way is ended by nothing else than cutting off its file. */
async function check(
  copy: PrivateCopy,
  { size, engine, timeoutMs }: { readonly size: number; readonly engine: string; readonly timeoutMs: number },
  { signal, alive }: ValidationContext,
): Promise<Verdict> {
  signal.throwIfAborted();
  const thread = startThread({ database: copy.path, size, engine });
  const over = new AbortController();
  const pulse = setInterval(alive, PULSE);
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<Verdict>((resolveEnded) => {
    const end = (): void => resolveEnded(skipped(`its check took longer than ${timeoutMs} ms`));
    timer = setTimeout(end, timeoutMs);
    signal.addEventListener('abort', end, { once: true, signal: over.signal });
  });
  try {
    const reply = await Promise.race([ended, thread.ask(null)]);
    return reply ?? skipped('its check came to no end');
  } finally {
    clearInterval(pulse);
    clearTimeout(timer);
    over.abort();
    await copy.remove();
    await waitAWhile(thread.terminate());
  }
}
