/** Runs SQLite's own integrity check on a private copy of a database. Blocks its thread for as long as that takes. */

import type { Verdict } from '../../content/validator.ts';
import { faultName, skipped } from './protocol.ts';
import { verdictOfFault, verdictOfRows } from './verdict.ts';

/** What is checked, and with what. */
export interface DatabaseCheck {
  /** Bytes of the database. */
  readonly size: number;
  /** The module to check it with. */
  readonly engine: string;
  /** Whether a log stands beside it. */
  readonly hasLog: boolean;
}

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
const PAGE_COUNT = 'PRAGMA page_count';
/** Tables of full text (FTS3, FTS4) that keep an index alone. */
const UNBOUND = `
  SELECT name FROM sqlite_schema
  WHERE replace(sql, ' ', '') LIKE '%(content=%' OR replace(sql, ' ', '') LIKE '%,content=%'`;

/** @param path - of the private copy. */
export async function checkDatabase(path: string, check: DatabaseCheck): Promise<Verdict> {
  const database = await openDatabase(check.engine, path);
  if ('skipped' in database) return database;
  try {
    database.exec(SETTINGS);
    database.exec(BEGIN);
    const pages = {
      size: numberOf(database, PAGE_SIZE),
      count: numberOf(database, PAGE_COUNT),
    };
    const flaw = partOfPage(check, pages);
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

function numberOf(database: Database, pragma: string): number {
  return Number(valuesIn(database.prepare(pragma).all())[0]);
}

/**
 * To SQLite what is missing of a page is zeros, and may pass; of a page behind its last it reads nothing. Null when nothing is missing.
 */
function partOfPage(
  { size, hasLog }: DatabaseCheck,
  pages: { readonly size: number; readonly count: number },
): Verdict | null {
  if (!(pages.size > 0)) return skipped('SQLite does not say how large its pages are');
  // Of a file that is too short for a header it says that there are no pages.
  const isSurplus = pages.count > 0 && size > pages.count * pages.size;
  if (size % pages.size === 0 || isSurplus) return null;
  const what = `its ${size} bytes are not whole pages of ${pages.size}`;
  return hasLog
    ? skipped(`${what}, and whether its log has the rest is not told`)
    : { ok: false, reason: what };
}
