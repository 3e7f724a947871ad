import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeParticipants, type FileRecord, type MergedRecords } from '../../src/manifest/merge.ts';
import type { ParticipantRecord } from '../../src/manifest/format.ts';
import type { RunHead } from '../../src/manifest/schemas.ts';

const PATH = 'backups/completed/run';

function record(name: string, over: Partial<ParticipantRecord> = {}): ParticipantRecord {
  const times = { started_at: 1, finished_at: 2 };
  return { name, critical: true, ok: true, status: 'completed', ...times, error: '', artifacts: [], ...over };
}

function loaded(
  listed: MergedRecords['listed'],
  files: Readonly<Record<string, FileRecord>>,
  over: Partial<RunHead> = {},
): MergedRecords {
  const head: RunHead = {
    run_id: 'run',
    type: 'full',
    trigger: 'cron',
    status: 'completed',
    started_at: 1,
    finished_at: 2,
    error_summary: '',
    requested_participants: [],
    ...over,
  };
  return {
    head,
    listed,
    files: new Map(Object.entries(files)),
  };
}

const BROKEN: FileRecord = { type: 'broken', reason: 'not JSON' };
const ABSENT: FileRecord = { type: 'absent' };

function fileOf(name: string, over: Partial<ParticipantRecord> = {}): FileRecord {
  return { type: 'record', value: record(name, over) };
}

function namesOf(run: MergedRecords, isRunning = false): string[] {
  return mergeParticipants(run, PATH, isRunning).map(({ name }) => name);
}

function findingsOf(run: MergedRecords, isRunning = false): [string, string | undefined][] {
  const places = mergeParticipants(run, PATH, isRunning);
  return places.flatMap(({ findings }) =>
    findings.map(({ code, participant }) => [code, participant] as [string, string]),
  );
}

describe('mergeParticipants() puts', () => {
  it('listed ones in manifest order, then unlisted files by name, then merely requested ones as requested', () => {
    const files = { z: fileOf('z'), m: fileOf('m'), a: fileOf('a'), B: fileOf('B'), y: ABSENT, x: BROKEN };
    const run = loaded(['z', record('k'), 'm'], files, { requested_participants: ['y', 'm', 'x', 'a'] });
    expect(namesOf(run)).toEqual(['z', 'k', 'm', 'B', 'a', 'y', 'x']);
  });

  it('every name once, whatever the manifests say', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
    const listed = fc.array(
      fc.oneof(
        name,
        name.map((each) => record(each)),
      ),
    );
    const kinds = fc.constantFrom('record', 'broken', 'absent');
    const files = fc.dictionary(name, kinds, { noNullPrototype: true });
    fc.assert(
      fc.property(listed, files, fc.array(name), fc.boolean(), (items, found, requested, isRunning) => {
        const records = Object.entries(found).map(([of, kind]) => [
          of,
          kind === 'record' ? fileOf(of) : kind === 'broken' ? BROKEN : ABSENT,
        ]);
        const run = loaded(items, Object.fromEntries(records) as Record<string, FileRecord>, {
          requested_participants: requested,
        });
        const places = mergeParticipants(run, PATH, isRunning);
        const names = places.map((place) => place.name);
        const inManifest = new Set(items.map((item) => (typeof item === 'string' ? item : item.name)));
        const told = places.flatMap(({ findings }) => findings.map(({ code }) => code));

        expect(new Set(names)).toEqual(new Set([...inManifest, ...Object.keys(found), ...requested]));
        expect(names).toHaveLength(new Set(names).size);
        expect(names.slice(0, inManifest.size)).toEqual([...inManifest]);
        for (const place of places) expect(place.record?.name ?? place.name).toBe(place.name);
        if (isRunning) expect(told).not.toContain('PARTICIPANT_MISSING');
      }),
    );
  });
});

describe('mergeParticipants() uses', () => {
  it('the file rather than the inline record', () => {
    const [place] = mergeParticipants(loaded([record('a', { ok: false })], { a: fileOf('a') }), PATH, false);
    expect(place?.record).toEqual(record('a'));
    expect(place?.findings).toEqual([
      {
        code: 'PARTICIPANT_CONFLICT',
        severity: 'warning',
        message: '"a" has an inline record and a file that disagree: ok; the file is used',
        participant: 'a',
        path: `${PATH}/participants/a.json`,
        actual: 'ok',
      },
    ]);
  });

  it('the inline record where the file is broken', () => {
    const run = loaded([record('a')], { a: BROKEN });
    expect(mergeParticipants(run, PATH, false)[0]?.record).toEqual(record('a'));
    expect(findingsOf(run)).toEqual([['PARTICIPANT_MANIFEST_INVALID', 'a']]);
  });

  it('the first of two inline records', () => {
    const run = loaded([record('a', { error: 'first' }), 'a', record('a', { error: 'third' })], {});
    const [place, ...others] = mergeParticipants(run, PATH, false);
    expect(others).toEqual([]);
    expect(place?.record).toEqual(record('a', { error: 'first' }));
    expect(place?.findings).toEqual([
      {
        code: 'PARTICIPANT_DUPLICATE',
        severity: 'error',
        message: '"a" stands 3 times in the manifest; the first is used',
        participant: 'a',
        expected: 1,
        actual: 3,
      },
    ]);
  });
});

describe('mergeParticipants() says that one is missing', () => {
  it('when it is listed or requested and has no record, but not in a running run', () => {
    const run = loaded(
      ['a'],
      { a: ABSENT, b: ABSENT },
      { type: 'scoped', requested_participants: ['b', 'a'] },
    );
    expect(findingsOf(run)).toEqual([
      ['PARTICIPANT_MISSING', 'a'],
      ['PARTICIPANT_MISSING', 'b'],
    ]);
    expect(findingsOf(run, true)).toEqual([]);
  });

  it('but not of one that nobody named, whose file was gone when it was read', () => {
    expect(findingsOf(loaded([], { a: ABSENT }))).toEqual([]);
  });
});

describe('mergeParticipants() calls it no conflict', () => {
  const artifact = { logical_name: 'a.db', size_bytes: 1, sha256: 'ab'.repeat(32) };
  const shapes: [string, Partial<typeof artifact> & { path?: string }][] = [
    ['when a path is absent', {}],
    ['when a path is written out', { path: 'a.db' }],
    ['when a path is of before the rename', { path: 'backups/.running/run/a.db' }],
    ['when a path is absolute', { path: '/srv/backups/completed/run/a.db' }],
    ['when a digest is in upper case', { sha256: 'AB'.repeat(32) }],
  ];
  it.each(shapes)('%s', (_, shape) => {
    const inline = record('a', { artifacts: [{ ...artifact, ...shape }] });
    expect(findingsOf(loaded([inline], { a: fileOf('a', { artifacts: [artifact] }) }))).toEqual([]);
  });

  it('but one when size, digest or place differ', () => {
    for (const other of [{ size_bytes: 2 }, { sha256: 'cd'.repeat(32) }, { path: 'b.db' }]) {
      const inline = record('a', { artifacts: [{ ...artifact, ...other }] });
      const run = loaded([inline], { a: fileOf('a', { artifacts: [artifact] }) });
      expect(findingsOf(run)).toEqual([['PARTICIPANT_CONFLICT', 'a']]);
    }
  });
});

describe('mergeParticipants() calls one unrequested', () => {
  it('when it has a record in a scoped run that requested others', () => {
    const files = { a: fileOf('a'), b: fileOf('b'), c: BROKEN };
    const run = loaded(['a'], files, { type: 'scoped', requested_participants: ['b'] });
    expect(findingsOf(run)).toEqual([
      ['PARTICIPANT_UNREQUESTED', 'a'],
      ['PARTICIPANT_MANIFEST_INVALID', 'c'],
    ]);
  });
});
