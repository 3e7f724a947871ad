import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/model/findings.ts';
import { participantContradictions, runContradictions } from '../../src/manifest/contradictions.ts';
import type { ParticipantRecord } from '../../src/manifest/format.ts';
import type { RunHead } from '../../src/manifest/schemas.ts';
import type { RunStatus } from '../../src/model/run.ts';

const PATH = 'backups/completed/run';

function head(over: Partial<RunHead> = {}): RunHead {
  return {
    run_id: 'run',
    type: 'full',
    trigger: 'cron',
    status: 'completed',
    started_at: 100,
    finished_at: 200,
    error_summary: '',
    requested_participants: [],
    ...over,
  };
}

function trades(over: Partial<ParticipantRecord> = {}): ParticipantRecord {
  const times = { started_at: 110, finished_at: 190 };
  return {
    name: 'trades',
    critical: true,
    ok: true,
    status: 'completed',
    ...times,
    error: '',
    artifacts: [],
    ...over,
  };
}

const failed = { ok: false, status: 'failed' } as const;

function finding(about: Pick<Finding, 'path' | 'participant'>, expected: string, actual: string): Finding {
  const name = about.participant ?? about.path ?? '';
  const message = `"${name}" makes the record contradict itself: expected ${expected}, found ${actual}`;
  return { code: 'RUN_INCONSISTENT', severity: 'error', message, ...about, expected, actual };
}

describe('runContradictions() finds', () => {
  const cases: [string, Partial<RunHead>, ParticipantRecord[], [string, string][]][] = [
    ['nothing in a full run that completed', {}, [trades()], []],
    ['nothing in a run without participants', {}, [], []],
    ['nothing in a running run', { status: 'running', finished_at: 0 }, [trades()], []],
    ['nothing in a run that finished as it started', { finished_at: 100 }, [], []],
    ['nothing in a failed run whose participants are fine', { status: 'failed' }, [trades()], []],
    ['nothing in a scoped run with requests', { type: 'scoped', requested_participants: ['trades'] }, [], []],
    [
      'requests in a full run',
      { requested_participants: ['a', 'b'] },
      [],
      [['no requested participants in a full run', '2 requested']],
    ],
    [
      'no requests in a scoped run',
      { type: 'scoped' },
      [],
      [['requested participants in a scoped run', 'none']],
    ],
    [
      'an end in a running run',
      { status: 'running' },
      [],
      [['finished_at 0 in a running run', 'finished_at 200']],
    ],
    ['an end before the start', { finished_at: 99 }, [], [['finished_at not before 100', 'finished_at 99']]],
    [
      'an early end in a running run, twice over',
      { status: 'running', finished_at: 99 },
      [],
      [
        ['finished_at 0 in a running run', 'finished_at 99'],
        ['finished_at not before 100', 'finished_at 99'],
      ],
    ],
    [
      'a partial run of which nothing failed',
      { status: 'partial' },
      [trades()],
      [['a failed participant in a partial run', 'none']],
    ],
    ['nothing in a partial run of which something failed', { status: 'partial' }, [trades(failed)], []],
  ];
  it.each(cases)('%s', (_, over, participants, expected) => {
    const findings = expected.map(([wanted, found]) => finding({ path: PATH }, wanted, found));
    expect(runContradictions(head(over), participants, PATH)).toEqual(findings);
  });

  it.each(['completed', 'failed', 'partial', 'cancelled', 'timeout'] as const)(
    'no end in a %s run',
    (status) => {
      const found = runContradictions(head({ status, finished_at: 0 }), [trades(failed)], PATH);
      expect(found).toEqual([finding({ path: PATH }, `finished_at in a ${status} run`, 'finished_at 0')]);
    },
  );
});

describe('participantContradictions() finds', () => {
  const about = { participant: 'trades' };

  it('nothing in a participant that completed, in a run of any status', () => {
    for (const status of ['running', 'completed', 'failed', 'partial', 'cancelled', 'timeout'] as const) {
      expect(participantContradictions(head({ status }), trades())).toEqual([]);
    }
  });

  it('an end before the start', () => {
    const found = participantContradictions(head(), trades({ finished_at: 109 }));
    expect(found).toEqual([finding(about, 'finished_at not before 110', 'finished_at 109')]);
  });

  const statuses: readonly RunStatus[] = [
    'running',
    'completed',
    'failed',
    'partial',
    'cancelled',
    'timeout',
  ];
  const records = [true, false].flatMap((critical) =>
    [true, false].flatMap((ok) =>
      (['completed', 'failed'] as const).map((status) => ({ critical, ok, status })),
    ),
  );
  const combinations = statuses.flatMap((run) => records.map((record) => ({ run, ...record })));

  it.each(combinations)(
    'what it should with $run, critical $critical, ok $ok, $status',
    ({ run, ...record }) => {
      const { critical, ok, status } = record;
      const isFailed = !ok || status === 'failed';
      const expected: Finding[] = [];
      if (ok !== (status === 'completed')) {
        expected.push(finding(about, `ok ${!ok} with status ${status}`, `ok ${ok}`));
      }
      if (run === 'completed' && isFailed) {
        expected.push(finding(about, 'no failed participant in a completed run', 'failed'));
      }
      if (run === 'partial' && isFailed && critical) {
        expected.push(finding(about, 'no failed critical participant in a partial run', 'failed'));
      }
      expect(participantContradictions(head({ status: run }), trades(record))).toEqual(expected);
    },
  );
});
