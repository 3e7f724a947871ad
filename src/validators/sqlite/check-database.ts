/** The path of a private copy of a database comes in, what SQLite says about it goes out. Runs in a thread of its own. */

import type { DatabaseTask, Reply } from '../thread/protocol.ts';

/** What `node:sqlite` and better-sqlite3 have in common. */
interface Database {
  exec(sql: string): unknown;
  prepare(sql: string): { all(): unknown };
  close(): unknown;
}

/** Nothing of a schema is trusted, and nothing is read through a map of memory, where a file that is cut off kills. */
const SETTINGS = 'PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0';

/** To the first thing that is wrong. */
const CHECK = 'PRAGMA integrity_check(1)';
/** Reads the header: before that, any page has the usual size. */
const BEGIN = 'PRAGMA schema_version';
const PAGE_SIZE = 'PRAGMA page_size';

export async function checkDatabase({ database: path, size, engine }: DatabaseTask): Promise<Reply> {
  const database = open(await import(engine), path);
  try {
    database.exec(SETTINGS);
    database.exec(BEGIN);
    const pageSize = firstOf(database.prepare(PAGE_SIZE).all());
    return partOfPage(size, pageSize) ?? verdictOf(firstOf(database.prepare(CHECK).all()));
  } catch (fault) {
    return faulty(fault);
  } finally {
    database.close();
  }
}

function open(module: object, path: string): Database {
  const constructor: unknown =
    'DatabaseSync' in module ? module.DatabaseSync : 'default' in module ? module.default : null;
  if (typeof constructor !== 'function') throw new Error('the module for SQLite has no database');
  const database: unknown = Reflect.construct(constructor, [path]);
  if (!isDatabase(database)) throw new Error('the module for SQLite makes no database');
  return database;
}

function isDatabase(value: unknown): value is Database {
  return (
    typeof value === 'object' && value !== null && 'prepare' in value && 'exec' in value && 'close' in value
  );
}

/** The first column of the first row. */
function firstOf(rows: unknown): unknown {
  const [row]: readonly unknown[] = Array.isArray(rows) ? rows : [];
  const [value]: readonly unknown[] = typeof row === 'object' && row !== null ? Object.values(row) : [];
  return value;
}

/** To SQLite what is missing of the last page is zeros, and may pass. Null when nothing is missing. */
function partOfPage(size: number, pageSize: unknown): Reply {
  if (typeof pageSize !== 'number') throw new Error('SQLite does not say the size of a page');
  if (size % pageSize === 0) return null;
  return { ok: false, reason: `its ${size} bytes are not whole pages of ${pageSize}` };
}

function verdictOf(said: unknown): Reply {
  if (said === 'ok') return { ok: true };
  if (typeof said !== 'string') throw new Error('the integrity check of SQLite said nothing');
  const flaw = said.replaceAll(/^\*\*\* .* \*\*\*\n|\n[^]*/g, '');
  const [unread, code] = UNREAD.exec(flaw) ?? [];
  return unread === undefined || isToBlame(Number(code))
    ? { ok: false, reason: `integrity check: ${flaw}` }
    : { skipped: true, why: `SQLite cannot check it: ${flaw}` };
}

/** The check goes on where a page of the copy cannot be read, and tells why only of some. */
const UNREAD = /(?:^|: )(?:unable to get the page\. error code=(\d+)|failed to get page \d+)$/;

/** The kinds of faults that the file is to blame for. */
const TO_BLAME: readonly string[] = ['SQLITE_CORRUPT', 'SQLITE_NOTADB'];
/** Their numbers; further bits tell more. */
const NUMBERS: readonly number[] = [11, 26];
const isToBlame = (code: number): boolean => NUMBERS.includes(code & 0xff);

/** A fault of the file is a verdict; any other says nothing about it. */
function faulty(fault: unknown): Reply {
  if (!(fault instanceof Error)) throw fault;
  const [name = ''] = 'code' in fault ? (/^SQLITE_[A-Z]+/.exec(String(fault.code)) ?? []) : [];
  const number = 'errcode' in fault && typeof fault.errcode === 'number' ? fault.errcode & 0xff : 0;
  if (TO_BLAME.includes(name) || isToBlame(number))
    return { ok: false, reason: `SQLite cannot read it: ${fault.message}` };
  if (name === '' && number === 0) throw fault;
  return { skipped: true, why: `SQLite cannot check it: ${fault.message}` };
}
