/** Runs SQLite's own integrity check on a private copy of a database. Blocks its thread for as long as that takes. */

import type { Verdict } from '../../content/validator.ts';
import type { DatabaseTask } from './protocol.ts';
import { faultName, skipped } from './protocol.ts';
import { verdictOfFault, verdictOfRows } from './verdict.ts';

/** What `node:sqlite` and better-sqlite3 have in common. */
interface Database {
  exec(sql: string): unknown;
  prepare(sql: string): { all(): unknown };
  close(): unknown;
}

/** Bytes of memory that SQLite may take, where it counts them. */
const MOST_HEAP = 256 * 1_024 * 1_024;

/**
 * Nothing of a schema is trusted: constraints are not evaluated, and functions only where they harm nobody. Nothing is written but
 * beside the copy, and nothing is read through a map of memory, where a file that is cut off kills.
 */
const SETTINGS = `
  PRAGMA hard_heap_limit = ${MOST_HEAP};
  PRAGMA trusted_schema = OFF;
  PRAGMA ignore_check_constraints = ON;
  PRAGMA cell_size_check = ON;
  PRAGMA temp_store = MEMORY;
  PRAGMA mmap_size = 0`;

/** More than the first problem: what SQLite cannot check may stand before what is damaged. */
const CHECK = 'PRAGMA integrity_check(100)';
/** Reads the header: before that, any page has the usual size. */
const BEGIN = 'PRAGMA schema_version';
const PAGE_SIZE = 'PRAGMA page_size';
/** Tables of full text (FTS3, FTS4) that keep an index alone. */
const UNBOUND = `
  SELECT name FROM sqlite_schema
  WHERE replace(sql, ' ', '') LIKE '%(content=%' OR replace(sql, ' ', '') LIKE '%,content=%'`;

/** @param path - of the private copy. */
export async function checkDatabase(path: string, { size, engine }: DatabaseTask): Promise<Verdict> {
  const database = await openDatabase(engine, path);
  if ('skipped' in database) return database;
  try {
    database.exec(SETTINGS);
    database.exec(BEGIN);
    const pageSize = Number(valuesIn(database.prepare(PAGE_SIZE).all())[0]);
    const flaw = partOfPage(size, pageSize);
    if (flaw !== null) return flaw;
    const rows = valuesIn(database.prepare(CHECK).all());
    const isSound = rows.length === 1 && rows[0] === 'ok';
    return verdictOfRows(rows, isSound ? [] : valuesIn(database.prepare(UNBOUND).all()));
  } catch (fault) {
    return verdictOfFault(fault);
  } finally {
    database.close();
  }
}

async function openDatabase(
  engine: string,
  path: string,
): Promise<Database | Extract<Verdict, { skipped: true }>> {
  try {
    const module: object = await import(engine);
    const constructor: unknown =
      'DatabaseSync' in module ? module.DatabaseSync : 'default' in module ? module.default : null;
    if (typeof constructor !== 'function') throw new TypeError('the module for SQLite has no database');
    const database: unknown = Reflect.construct(constructor, [path]);
    if (isDatabase(database)) return database;
    throw new TypeError('the module for SQLite makes no database');
  } catch (fault) {
    return { skipped: true, why: `SQLite cannot be loaded (${faultName(fault)})` };
  }
}

function isDatabase(value: unknown): value is Database {
  return (
    typeof value === 'object' && value !== null && 'prepare' in value && 'exec' in value && 'close' in value
  );
}

/** The first column of every row. */
function valuesIn(rows: unknown): unknown[] {
  const all: readonly unknown[] = Array.isArray(rows) ? rows : [];
  return all.map((row) => (typeof row === 'object' && row !== null ? Object.values(row)[0] : undefined));
}

/** To SQLite what is missing of the last page is zeros, and may pass. Null when nothing is missing. */
function partOfPage(size: number, pageSize: number): Verdict | null {
  if (!(pageSize > 0)) return skipped('SQLite does not say how large its pages are');
  if (size % pageSize === 0) return null;
  return { ok: false, reason: `its ${size} bytes are not whole pages of ${pageSize}` };
}
