import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { BackupRunError, FindingCode, ReasonCode, Severity } from '../../src/index.ts';
import { finding } from '../../src/model/findings.ts';
import { rowsBelow } from '../support/documents.ts';
import { CASES } from '../support/fixtures.ts';

/** Codes that nothing shows yet, by name; one that a fixture or a test shows does not belong here. */
const PENDING: readonly string[] = [];

/** Codes that plain files cannot show, and the test that does. */
const SHOWN_BY: Readonly<Partial<Record<string, string>>> = {
  ACCESS_DENIED: 'command/handler.test.ts',
  ARTIFACT_CONTENT_INVALID: 'content/run-validators.test.ts',
  ARTIFACT_CHANGED: 'campaign/races/changing-artifacts.test.ts',
  ARTIFACT_STALLED: 'campaign/faults/storage.test.ts',
  ARTIFACT_UNREADABLE: 'campaign/faults/permissions.test.ts',
  BACKUP_RUN_NOT_RESTORABLE: 'inspect/restorable.test.ts',
  BUSY: 'campaign/faults/storage.test.ts',
  RUN_NOT_COMPLETED: 'inspect/restorable.test.ts',
  RUN_NOT_VERIFIED: 'inspect/restorable.test.ts',
  UNKNOWN_COMMAND: 'command/handler.test.ts',
  UNSUPPORTED: 'command/handler.test.ts',
};

const FINDINGS = {
  ARTIFACT_MISSING: 'error',
  ARTIFACT_NOT_REGULAR_FILE: 'error',
  ARTIFACT_PATH_UNSAFE: 'error',
  ARTIFACT_UNREADABLE: 'error',
  ARTIFACT_STALLED: 'error',
  ARTIFACT_SIZE_MISMATCH: 'error',
  ARTIFACT_DIGEST_MISMATCH: 'error',
  ARTIFACT_CHANGED: 'error',
  ARTIFACT_EMPTY: 'error',
  ARTIFACT_DIGEST_UNKNOWN: 'error',
  ARTIFACT_RECORDED_INVALID: 'error',
  ARTIFACT_CONTENT_INVALID: 'error',
  ARTIFACT_NOT_VERIFIED: 'warning',
  ARTIFACT_DUPLICATE: 'error',
  ARTIFACT_UNLISTED: 'warning',
  PARTICIPANT_MISSING: 'error',
  PARTICIPANT_MANIFEST_INVALID: 'error',
  PARTICIPANT_CONFLICT: 'warning',
  PARTICIPANT_DUPLICATE: 'error',
  PARTICIPANT_UNREQUESTED: 'warning',
  STATUS_CONFLICT: 'error',
  RUN_INCONSISTENT: 'error',
} as const satisfies Record<FindingCode, Severity>;

type HttpCodes = { readonly [E in BackupRunError as E['code']]: E['httpCode'] };

const ERRORS = {
  INVALID_DATA: 400,
  ACCESS_DENIED: 403,
  UNKNOWN_COMMAND: 404,
  BACKUP_RUN_NOT_FOUND: 404,
  BACKUP_RUN_AMBIGUOUS: 409,
  BACKUP_RUN_NOT_RESTORABLE: 409,
  BACKUP_RUN_UNSAFE: 500,
  MANIFEST_MISSING: 500,
  MANIFEST_INVALID: 500,
  IO_ERROR: 500,
  BUSY: 503,
  UNSUPPORTED: 500,
} as const satisfies HttpCodes;

/** What stands among the reasons of a run that cannot be restored, and is no finding. */
const REASONS = {
  RUN_NOT_COMPLETED: 'error',
  RUN_NOT_VERIFIED: 'error',
} as const satisfies Record<ReasonCode, Severity>;

const SEVERITIES: Readonly<Record<string, string>> = FINDINGS;
const HTTP_CODES: Readonly<Record<string, number>> = ERRORS;
const CODES = [FINDINGS, ERRORS, REASONS].flatMap((codes) => Object.keys(codes));

const FIXED = new Set(
  CASES.flatMap(({ answer }) =>
    answer.ok ? answer.findings.map(({ code }): string => code) : [answer.error.code],
  ),
);

const THIS = 'model/codes.test.ts';
const FOLDER = new URL('..', import.meta.url);
const TESTS = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.test.ts') && file !== THIS,
);

/** Whether a test spells a code, as a whole word. */
function mentions(file: string, code: string): boolean {
  return new RegExp(`\\b${code}\\b`).test(readFileSync(new URL(file, FOLDER), 'utf8'));
}

describe('every code', () => {
  const pending: readonly string[] = PENDING;

  it.each(CODES.filter((code) => !pending.includes(code)))('%s is shown by a fixture or a test', (code) => {
    const test = SHOWN_BY[code];
    if (test === undefined) expect(FIXED).toContain(code);
    else expect(mentions(test, code), `${test} mentions it`).toBe(true);
  });

  it.each(pending)('%s that is pending is one of the list, and shown by nothing', (code) => {
    expect(CODES).toContain(code);
    expect([...FIXED]).not.toContain(code);
    expect(TESTS.filter((file) => mentions(file, code))).toEqual([]);
    expect(Object.keys(SHOWN_BY)).not.toContain(code);
  });

  it('that a fixture shows is of the list, with its severity or its HTTP code', () => {
    for (const { name, answer } of CASES) {
      if (answer.ok) {
        for (const { code, severity, message } of answer.findings) {
          // The one code with two: databases have empty relations, and say so.
          const isMeant = code === 'ARTIFACT_EMPTY' && message.endsWith('as its record says');
          expect(severity, name).toBe(isMeant ? 'warning' : SEVERITIES[code]);
        }
      } else expect(answer.error.httpCode, name).toBe(HTTP_CODES[answer.error.code]);
    }
  });

  it('of a finding has its severity also where no fixture shows it', () => {
    const made = Object.keys(FINDINGS).map((code) => [code, finding(code as FindingCode, {}).severity]);
    expect(Object.fromEntries(made)).toEqual(FINDINGS);
  });

  it('that the list shows by a test is of the list', () => {
    expect(Object.keys(SHOWN_BY).filter((code) => !CODES.includes(code))).toEqual([]);
  });

  it('has a row in the document about codes, and no other has', () => {
    const document = 'docs/findings-and-errors.md';
    expect(rowsBelow(document, 'Findings').toSorted()).toEqual(Object.keys(FINDINGS).toSorted());
    expect(rowsBelow(document, 'Reasons').toSorted()).toEqual(Object.keys(REASONS).toSorted());
    expect(rowsBelow(document, 'Errors').toSorted()).toEqual(Object.keys(ERRORS).toSorted());
  });
});
