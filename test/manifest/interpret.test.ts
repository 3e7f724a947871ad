import { describe, expect, it } from 'vitest';
import { interpretParticipantFile, interpretRun, type RunRecord } from '../../src/manifest/interpret.ts';
import type { ParticipantRecord } from '../../src/manifest/format.ts';
import type { Parsed } from '../../src/manifest/schemas.ts';
import { manifestInvalid, type ManifestIssue } from '../../src/model/errors.ts';
import { runManifest, RUN_ID, tradesRecord } from '../support/runs.ts';

function run(over: Record<string, unknown> = {}, most = 100): Parsed<RunRecord> {
  return interpretRun(runManifest(over), RUN_ID, most);
}

function trades(over: Record<string, unknown> = {}): Parsed<ParticipantRecord> {
  return interpretParticipantFile(tradesRecord({}, over), RUN_ID, 'trades');
}

/** The record of `trades` with one artifact, as JSON says it. */
function withArtifact(json: string): Parsed<ParticipantRecord> {
  return trades({ artifacts: [JSON.parse(json)] });
}

function refused(path: string, message: string): Parsed<never> {
  return { ok: false, issues: [{ path, message }] };
}

const COUNT = 'expected a safe non-negative integer';

describe('interpretRun()', () => {
  it('completes what is absent', () => {
    const manifest = { run_id: RUN_ID, type: 'full', trigger: 'manual', status: 'running', started_at: 5 };
    expect(interpretRun(manifest, RUN_ID, 0)).toEqual({
      ok: true,
      value: {
        head: {
          ...manifest,
          finished_at: 0,
          error_summary: '',
          requested_participants: [],
        },
        listed: [],
      },
    });
  });

  it('looks at the version before anything else', () => {
    const manifest = { backup_format_version: 2, run_id: 5, participants: 'many' };
    const expected = refused('backup_format_version', 'expected 1, found 2');
    expect(interpretRun(manifest, RUN_ID, 0)).toEqual(expected);
  });

  it('refuses the manifest of another run', () => {
    expect(run({ run_id: 'other' })).toEqual(refused('run_id', `expected "${RUN_ID}", found "other"`));
  });

  it.each(['requested_participants', 'participants'])(
    'refuses more %s than the limit, before their names',
    (key) => {
      expect(run({ participants: [], [key]: ['a', 'b'] }, 2)).toHaveProperty('ok', true);
      const excess = refused(key, 'expected at most 2 participants, found 3');
      expect(run({ participants: [], [key]: [1, 2, 3] }, 2)).toEqual(excess);
    },
  );

  it('takes names and records as they stand', () => {
    const inline = tradesRecord({ 'trades.db': 'x' }, { name: 'inline' });
    const parsed = run({ participants: ['b', inline, 'a', 'b'] });
    expect(parsed).toMatchObject({ ok: true, value: { listed: ['b', inline, 'a', 'b'] } });
  });

  it('names the place of each of the first mistakes, in the order of the manifest', () => {
    const participants = [
      '..',
      5,
      null,
      [],
      tradesRecord({}, { name: '-', artifacts: [{ size_bytes: '1' }] }),
    ];
    const parsed = run({ started_at: '1', participants });
    expect(parsed.ok || parsed.issues.map(({ path }) => path)).toEqual([
      'started_at',
      'participants.0',
      'participants.1',
      'participants.2',
      'participants.3',
      'participants.4.name',
      'participants.4.artifacts.0.logical_name',
      'participants.4.artifacts.0.size_bytes',
    ]);
  });

  it('stops soon after it has found enough mistakes', () => {
    const parsed = run({ participants: Array.from({ length: 90 }, () => 5) });
    expect(parsed.ok || parsed.issues.length).toBe(20);
  });
});

describe('interpretParticipantFile()', () => {
  it('refuses the file of another run, and of another participant', () => {
    expect(trades({ run_id: RUN_ID })).toHaveProperty('ok', true);
    expect(trades({ run_id: 'other' })).toEqual(refused('run_id', `expected "${RUN_ID}", found "other"`));
    expect(trades({ name: 'accounts' })).toEqual(refused('name', 'expected "trades", found "accounts"'));
  });

  it('drops unknown keys, __proto__ and constructor too, and changes no prototype', () => {
    const hostile = '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"later":[]';
    const json = JSON.stringify(tradesRecord({})).replace('{', `{${hostile},`);
    const parsed = interpretParticipantFile(JSON.parse(json), RUN_ID, 'trades');
    expect(parsed).toEqual({ ok: true, value: tradesRecord({}) });
    expect(withArtifact(`{"logical_name":"a",${hostile}}`)).toEqual({
      ok: true,
      value: tradesRecord({}, { artifacts: [{ logical_name: 'a' }] }),
    });
    expect({}).not.toHaveProperty('polluted');
  });

  it('takes nothing that is merely inherited for a record', () => {
    const json = `{"__proto__":${JSON.stringify(tradesRecord({}))}}`;
    const parsed = interpretParticipantFile(JSON.parse(json), RUN_ID, 'trades');
    expect(parsed.ok || parsed.issues.map(({ path }) => path)).toEqual([
      'name',
      'critical',
      'ok',
      'status',
      'started_at',
      'finished_at',
    ]);
  });

  it('takes the last of a key that stands twice, as JSON.parse does', () => {
    const parsed = withArtifact('{"logical_name":"a","size_bytes":1,"size_bytes":2}');
    expect(parsed).toMatchObject({ ok: true, value: { artifacts: [{ size_bytes: 2 }] } });
  });

  it.each([
    ['1e400', 'Infinity'],
    ['9007199254740992', '9007199254740992'],
    ['-1', '-1'],
    ['0.5', '0.5'],
    ['"1"', '"1"'],
    ['true', 'true'],
    ['[1]', 'an array'],
  ])('refuses %s as a size and as a time', (json, found) => {
    const parsed = withArtifact(`{"logical_name":"a","size_bytes":${json}}`);
    expect(parsed).toEqual(refused('artifacts.0.size_bytes', `${COUNT}, found ${found}`));
    const time = trades({ started_at: JSON.parse(json) as unknown });
    expect(time).toEqual(refused('started_at', `${COUNT}, found ${found}`));
  });

  it('takes null for absent wherever that is allowed', () => {
    const keys = [
      'path',
      'size_bytes',
      'sha256',
      'integrity_ok',
      'integrity_error',
      'validation_ok',
      'validation_error',
    ];
    const artifact = Object.fromEntries([['logical_name', 'a'], ...keys.map((key) => [key, null])]) as object;
    const file = trades({ run_id: null, backup_format_version: null, error: null, artifacts: [artifact] });
    const expected = { ok: true, value: tradesRecord({}, { artifacts: [{ logical_name: 'a' }] }) };
    expect(file).toEqual(expected);
    expect(trades({ artifacts: null })).toEqual({ ok: true, value: tradesRecord({}) });
    const absent = {
      finished_at: null,
      error_summary: null,
      requested_participants: null,
      participants: null,
    };
    const head = { finished_at: 0, error_summary: '', requested_participants: [] };
    expect(run({ status: 'running', ...absent })).toMatchObject({ ok: true, value: { head, listed: [] } });
  });

  it('refuses a time in milliseconds, and asks whether it is one', () => {
    const found = 'found 1782727846000: are these milliseconds?';
    expect(trades({ started_at: 1_782_727_846_000 })).toEqual(
      refused('started_at', `expected Unix seconds up to the year 9999, ${found}`),
    );
    expect(trades({ started_at: 0, finished_at: 253_402_300_799 })).toHaveProperty('ok', true);
  });

  it.each(['0', '-0', '1e3', '9007199254740991'])('takes %s as a size', (json) => {
    const parsed = withArtifact(`{"logical_name":"a","size_bytes":${json}}`);
    const size = parsed.ok ? parsed.value.artifacts[0]?.size_bytes : null;
    expect(JSON.stringify(size)).toBe(String(Math.abs(Number(json))));
  });
});

describe('manifestInvalid() says how many issues there are', () => {
  const issues = (count: number): ManifestIssue[] =>
    Array.from({ length: count }, (_, index) => ({ path: `a.${index}`, message: 'expected a value' }));

  it.each([
    [1, ''],
    [2, ', and 1 more issue'],
    [19, ', and 18 more issues'],
    // Whoever reads a manifest stops there.
    [20, ', and at least 19 more issues'],
    [24, ', and at least 23 more issues'],
  ])('%i', (count, more) => {
    const { message, issues: kept } = manifestInvalid('backups/completed/r/manifest.json', issues(count));
    expect(message).toBe(
      `Cannot use the manifest "backups/completed/r/manifest.json": a.0: expected a value${more}`,
    );
    expect(kept).toHaveLength(Math.min(20, count));
  });
});
