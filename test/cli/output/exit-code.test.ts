import { describe, expect, it } from 'vitest';
import {
  exitCode,
  runOutcomeOf,
  outcomeOfError,
  outcomesOfValidation,
  type RunOutcome,
} from '../../../src/cli/output/exit-code.ts';
import type { BackupRun, Reason, Validation } from '../../../src/index.ts';

const run: BackupRun = {
  run_id: 'a',
  type: 'full',
  trigger: 'cron',
  status: 'completed',
  path: 'backups/completed/a',
  started_at: 1,
  finished_at: 2,
  error_summary: '',
  requested_participants: [],
  participants: [],
};

describe('exitCode()', () => {
  const table: [RunOutcome[], number][] = [
    [[], 0],
    [['good'], 0],
    [['damaged'], 1],
    [['not found'], 3],
    [['not inspected'], 4],
    [['good', 'damaged'], 1],
    [['good', 'not found'], 3],
    [['good', 'not inspected'], 4],
    [['damaged', 'not found'], 1],
    [['damaged', 'not inspected'], 4],
    [['not found', 'not inspected'], 4],
    [['good', 'damaged', 'not found'], 1],
    [['good', 'damaged', 'not found', 'not inspected'], 4],
  ];
  it.each(table)('of %j is %d', (outcomes, code) => expect(exitCode(new Set(outcomes))).toBe(code));
});

describe('outcomeOf()', () => {
  it.each([
    [[], 0, 'good'],
    [['warning'], 1, 'good'],
    [['error'], 1, 'damaged'],
    [['warning', 'error'], 2, 'damaged'],
    // What was left out may have been an error.
    [['warning'], 2, 'not inspected'],
    [['error'], 2, 'damaged'],
  ] as const)('of %j of %d findings is %s', (severities, findingsTotal, outcome) => {
    const findings = severities.map((severity) => ({ severity }));
    expect(runOutcomeOf(findings, { findingsTotal })).toBe(outcome);
  });
});

describe('outcomesOfValidation()', () => {
  const refused = (...codes: Reason['code'][]): Validation => ({
    ok: false,
    error: {
      code: 'BACKUP_RUN_NOT_RESTORABLE',
      httpCode: 409,
      message: '',
      run,
      reasons: codes.map((code) => ({ code, severity: 'error', message: '' })),
    },
  });

  it.each([
    [['ARTIFACT_MISSING'], ['damaged']],
    [['RUN_NOT_COMPLETED'], ['damaged']],
    [['RUN_NOT_VERIFIED'], ['damaged', 'not inspected']],
    [
      ['RUN_NOT_VERIFIED', 'ARTIFACT_UNREADABLE'],
      ['damaged', 'not inspected'],
    ],
  ] as const)('of %j are %j', (codes, outcomes) =>
    expect(outcomesOfValidation(refused(...codes))).toEqual(outcomes),
  );

  it('of another error is that of the error', () => {
    const codes = [
      'BACKUP_RUN_NOT_FOUND',
      'BACKUP_RUN_AMBIGUOUS',
      'MANIFEST_INVALID',
      'IO_ERROR',
      'BUSY',
    ] as const;
    expect(codes.map((code) => outcomeOfError({ code }))).toEqual([
      'not found',
      ...Array.from({ length: 4 }, () => 'not inspected'),
    ]);
  });
});
