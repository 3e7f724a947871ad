import { describe, expect, it } from 'vitest';
import { runVerdictOf } from '../../../src/cli/output/verdict.ts';
import type { BackupRun, Coverage, Finding, Inspected } from '../../../src/index.ts';

const RUN: BackupRun = {
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

const WHOLE: Coverage = {
  level: 'digest',
  artifacts: 12,
  verified: 12,
  bytes: 3_400_000_000,
  bytesRead: 3_400_000_000,
  fromMemo: 0,
  complete: true,
  findingsTotal: 0,
};

function finding(code: Finding['code'], artifact?: string, severity: Finding['severity'] = 'error'): Finding {
  return { code, severity, message: code, ...(artifact !== undefined && { participant: 'p', artifact }) };
}

function verdict(
  findings: Finding[],
  run: Partial<BackupRun> = {},
  coverage: Partial<Coverage> = {},
): string {
  const answer: Inspected = {
    ok: true,
    run: { ...RUN, ...run },
    findings,
    coverage: { ...WHOLE, findingsTotal: findings.length, ...coverage },
  };
  return runVerdictOf(answer).text;
}

describe('runVerdictOf()', () => {
  it('is sound of a completed run without errors that was verified wholly', () => {
    expect(verdict([])).toBe('Sound: 12 artifacts, 3.40 GB, all verified.');
    expect(verdict([finding('ARTIFACT_UNLISTED', undefined, 'warning')])).toBe(
      'Sound: 12 artifacts, 3.40 GB, all verified, 1 warning.',
    );
    expect(verdict([], {}, { artifacts: 0, verified: 0, bytes: 0 })).toBe('Sound: it claims no artifact.');
  });

  it('is damaged where an artifact is, and counts artifacts once', () => {
    const findings = [
      finding('ARTIFACT_MISSING', 'a'),
      finding('ARTIFACT_EMPTY', 'b'),
      finding('ARTIFACT_DUPLICATE', 'b'),
    ];
    expect(verdict(findings)).toBe('Damaged: do not restore from this run; 3 errors, 2 of 12 artifacts bad.');
    expect(verdict(findings.slice(0, 1), { status: 'failed' })).toMatch(/^Damaged: do not restore/);
  });

  it('does not call damaged what only could not be read', () => {
    const unread = [finding('ARTIFACT_UNREADABLE', 'a'), finding('ARTIFACT_STALLED', 'b')];
    expect(verdict(unread, {}, { complete: false, verified: 10 })).toBe(
      "Not verified: 2 of the run's files and directories cannot be read; look after the storage first.",
    );
    expect(verdict([...unread, finding('ARTIFACT_SIZE_MISMATCH', 'c')])).toMatch(/^Damaged: /);
  });

  it('does not call damaged what nobody could verify', () => {
    const unverifiable = [finding('ARTIFACT_DIGEST_UNKNOWN', 'a'), finding('ARTIFACT_PATH_UNSAFE', 'b')];
    expect(
      verdict([...unverifiable, finding('ARTIFACT_UNREADABLE', 'c')], {}, { complete: false, verified: 9 }),
    ).toBe('Not verified: 3 of 12 artifacts cannot be; see the findings before you rely on it.');
    expect(verdict([...unverifiable, finding('ARTIFACT_MISSING', 'c')])).toMatch(/^Damaged: /);
  });

  it('is not sound where only the record is wrong', () => {
    expect(verdict([finding('STATUS_CONFLICT'), finding('RUN_INCONSISTENT')])).toBe(
      'Not sound: do not restore from this run; 2 errors in its record.',
    );
  });

  it('is not verified where something was left out', () => {
    const skipped = [finding('ARTIFACT_NOT_VERIFIED', 'a', 'warning')];
    expect(verdict(skipped, {}, { complete: false, verified: 11 })).toBe(
      'Not verified: 12 artifacts, 3.40 GB, 11 of 12 verified; inspect it again with more time before you rely on it.',
    );
    expect(verdict([], {}, { level: 'size', complete: false, verified: 0 })).toBe(
      'Not verified: 12 artifacts, 3.40 GB, 0 of 12 verified; level size hashes nothing, so inspect it at level digest before you rely on it.',
    );
    expect(verdict(skipped, {}, { complete: false })).toBe(
      'Not verified: 12 artifacts, 3.40 GB, all hashed, but not everything could be looked at; see the findings.',
    );
    expect(verdict(skipped, {}, { complete: false, artifacts: 0, verified: 0, bytes: 0 })).toBe(
      'Not verified: it claims no artifact, but not everything could be looked at; see the findings.',
    );
    expect(verdict(skipped, {}, { findingsTotal: 2 })).toBe(
      'Not verified: there are more findings than can be kept.',
    );
  });

  it.each([0, 1])('says that a run is running, with %d errors so far', (errors) => {
    const findings = Array.from({ length: errors }, () => finding('ARTIFACT_MISSING', 'a'));
    expect(verdict(findings, { status: 'running' })).toBe(
      `Still running: ${errors === 0 ? '' : '1 error so far; '}look again when it has finished; until now 12 artifacts, 3.40 GB, all verified.`,
    );
  });

  it.each(['failed', 'partial', 'cancelled', 'timeout'] as const)('is no restore point: %s', (status) => {
    expect(verdict([], { status })).toBe(
      `Not a restore point: the run is ${status}, not completed; what it has is as recorded: 12 artifacts, 3.40 GB.`,
    );
    expect(verdict([], { status }, { complete: false, verified: 0 })).toBe(
      `Not a restore point: the run is ${status}, not completed; 12 artifacts, 3.40 GB, 0 of 12 verified.`,
    );
    expect(verdict([], { status }, { artifacts: 0, verified: 0, bytes: 0 })).toBe(
      `Not a restore point: the run is ${status}, not completed; it has no artifacts.`,
    );
  });

  it('says sound of nothing else, whatever is put together', () => {
    const states = (['running', 'completed', 'failed', 'partial', 'cancelled', 'timeout'] as const).flatMap(
      (status) =>
        [true, false].flatMap((complete) =>
          [[], [finding('ARTIFACT_UNLISTED', undefined, 'warning')], [finding('ARTIFACT_MISSING', 'a')]].map(
            (findings) => ({ status, complete, findings }),
          ),
        ),
    );
    for (const { status, complete, findings } of states) {
      const isSound =
        status === 'completed' && complete && findings.every(({ severity }) => severity === 'warning');
      expect(verdict(findings, { status }, { complete }).startsWith('Sound'), `${status} ${complete}`).toBe(
        isSound,
      );
    }
  });
});
