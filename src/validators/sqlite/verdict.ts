/** What SQLite says about a database, as a verdict: invalid is only what it knows to be damage. */

import { isNativeError } from 'node:util/types';
import type { Verdict } from '../../content/validator.ts';
import { faultName, skipped } from './protocol.ts';

/**
 * What the rows of an integrity check say.
 *
 * @param unbound - tables of full text whose content is kept elsewhere, by whoever wrote them: that both agree was never promised.
 */
export function verdictOfRows(rows: readonly unknown[], unbound: readonly unknown[]): Verdict {
  const texts = rows.filter((row) => typeof row === 'string');
  if (texts.length === 0 || texts.length < rows.length) return skipped('its integrity check said nothing');
  if (texts.length === 1 && texts[0] === 'ok') return { ok: true };
  const lines = texts
    .flatMap((text) => text.split('\n'))
    .filter((line) => !/^(?:\*\*\* .* \*\*\*)?$/.test(line));
  const damage = lines.find((line) => !isUnclear(line, unbound));
  return damage === undefined
    ? skipped(`SQLite cannot check it: ${lines[0] ?? 'it does not say why'}`)
    : { ok: false, reason: `integrity check: ${damage}` };
}

/** The check goes on where a page of the copy cannot be read, and tells why only of some. */
const UNREAD = /(?:^|: )(?:unable to get the page\. error code=(\d+)|failed to get page \d+)$/;

/** The index of full text has no content to be compared with, or a tokenizer that is not here; a broken one is called malformed. */
const UNVALIDATED = /^unable to validate the inverted index /;

/** Index and content differ; whose fault that is depends on who keeps the content (https://sqlite.org/fts3.html#_external_content_fts4_tables_). */
const DIFFERENT = /^malformed inverted index for FTS[34] table main\.(.*)$/;

/** A row that its table does not allow: the schema may have been changed after it. Whether CHECK allows a row is not asked at all. */
const DISALLOWED = /^(?:NULL|NUMERIC|TEXT|non-[A-Z]+) value in /;

function isUnclear(line: string, unbound: readonly unknown[]): boolean {
  const [, table] = DIFFERENT.exec(line) ?? [];
  if (table !== undefined && unbound.includes(table)) return true;
  const [unread, code] = UNREAD.exec(line) ?? [];
  return UNVALIDATED.test(line) || DISALLOWED.test(line) || (unread !== undefined && !isDamage(Number(code)));
}

/** SQLITE_CORRUPT and SQLITE_NOTADB: the faults that the file is to blame for. */
const DAMAGE: readonly string[] = ['SQLITE_CORRUPT', 'SQLITE_NOTADB'];
/** Their numbers; further bits tell more. */
const NUMBERS: readonly number[] = [11, 26];
const isDamage = (code: number): boolean => NUMBERS.includes(code & 0xff);

/**
 * SQLite calls a schema malformed that it cannot parse, and corrupt: but newer versions and other builds know more syntax, functions and
 * modules. Only these say that something is missing of the file.
 */
const UNPARSED = /malformed database schema(?!.* - (?:invalid rootpage|orphan index)$)/;

/** What a fault says of the file. One that does not come from SQLite says nothing about it. */
export function verdictOfFault(fault: unknown): Verdict {
  if (!isNativeError(fault)) return skipped('its check failed');
  const [name = ''] = 'code' in fault ? (/^SQLITE_[A-Z]+/.exec(String(fault.code)) ?? []) : [];
  const number = 'errcode' in fault && typeof fault.errcode === 'number' ? fault.errcode & 0xff : 0;
  if (name === '' && number === 0) return skipped(`its check failed (${faultName(fault)})`);
  if (UNPARSED.test(fault.message)) return skipped(`SQLite cannot parse it: ${fault.message}`);
  return DAMAGE.includes(name) || isDamage(number)
    ? { ok: false, reason: `SQLite cannot read it: ${fault.message}` }
    : skipped(`SQLite cannot check it: ${fault.message}`);
}
