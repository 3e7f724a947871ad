import { constants } from 'node:os';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Answer, Finding, Inspected } from '../../../src/index.ts';
import { runChild } from '../../support/built.ts';
import type { FaultyInput, FaultyOutput } from '../../support/children/faulty.ts';
import type { HangingInput, HangingOutput } from '../../support/children/hanging.ts';
import type { OddStorageInput, OddStorageOutput, Told } from '../../support/children/odd-storage.ts';
import { mountFaultyDisk } from '../../support/faulty-disk.ts';
import { lacks } from '../../support/needs.ts';
import { makeRun, RUN_ID, sha256, type RunToMake } from '../../support/runs.ts';

const { EIO, ESTALE, EINTR } = constants.errno;
const EUCLEAN = 117;

const skipped = lacks('a faulty disk', 'linux', 'root', 'gcc', 'libfuse3 with pkg-config', '/dev/fuse');
const timeout = 300_000;

const RUN = `/completed/${RUN_ID}`;
const ANSWERED = `backups/completed/${RUN_ID}`;
const trades = 'the trades of today\n';
const artifacts = { 'trades.db': trades, 'sub/part.bin': 'a part\n' };

async function inspect(
  orders: readonly string[],
  options: FaultyInput['options'] = {},
  run: RunToMake = { artifacts },
): Promise<FaultyOutput> {
  const disk = await mountFaultyDisk(makeRun(run).root);
  const given: FaultyInput = { ...disk, request: { run_id: RUN_ID }, orders, options };
  const output = await runChild<FaultyOutput>('faulty', given);
  const { before, after } = output.descriptors;
  expect(after).toBe(before);
  // A count of bytes apart, faults leave no trace in an inspector.
  expect(output.recovered).toStrictEqual(output.sound);
  return output;
}

function inspected(answer: Answer): Inspected {
  if (!answer.ok) throw new Error(answer.error.message);
  return answer;
}

/** What is told of trades.db, of a run in which all else is good. */
async function findingsAboutTrades(
  orders: readonly string[],
  options: FaultyInput['options'] = {},
): Promise<readonly Finding[]> {
  const output = await inspect(orders, options);
  const { run, findings, coverage } = inspected(output.answer);
  const [bad, good] = run.participants.flatMap((each) => each.artifacts);
  const [, goodBefore] = inspected(output.sound).run.participants.flatMap((each) => each.artifacts);
  expect(good).toStrictEqual(goodBefore);
  expect([bad?.integrity_ok, bad?.validation_ok]).toStrictEqual(
    findings.length === 0 ? [true, true] : [false, false],
  );
  expect(bad?.integrity_error).toBe(findings[0]?.message ?? '');
  const isUnread = findings.some(({ code }) => code !== 'ARTIFACT_DIGEST_MISMATCH');
  expect([coverage.complete, coverage.verified]).toStrictEqual(isUnread ? [false, 1] : [true, 2]);
  return findings;
}

const about = { participant: 'trades', artifact: 'trades.db', path: `${ANSWERED}/trades.db` };

describe('getBackupRun() calls an artifact unreadable, and goes on with the others, when', () => {
  const cases: [string, string][] = [
    [`fail read ${EIO} -1 ${RUN}/trades.db`, 'EIO'],
    [`fail open ${EIO} -1 ${RUN}/trades.db`, 'EIO'],
    [`fail getattr ${EIO} -1 ${RUN}/trades.db`, 'EIO'],
    [`fail read ${ESTALE} -1 ${RUN}/trades.db`, 'ESTALE'],
    [`fail getattr ${ESTALE} -1 ${RUN}/trades.db`, 'ESTALE'],
    [`fail open ${EUCLEAN} -1 ${RUN}/trades.db`, 'EUCLEAN'],
  ];
  it.skipIf(skipped).each(cases)('the disk says: %s', { timeout }, async (order, errno) => {
    expect(await findingsAboutTrades([order])).toStrictEqual([
      {
        code: 'ARTIFACT_UNREADABLE',
        severity: 'error',
        message: `"trades.db" is not verified: it cannot be read (${errno})`,
        ...about,
        actual: errno,
      },
    ]);
  });
});

describe('getBackupRun() answers IO_ERROR when', () => {
  const cases: [string, string, string][] = [
    [`fail read ${EIO} -1 ${RUN}/manifest.json`, 'EIO', `${ANSWERED}/manifest.json`],
    [`fail open ${ESTALE} -1 ${RUN}/manifest.json`, 'ESTALE', `${ANSWERED}/manifest.json`],
    [`fail getattr ${EIO} -1 ${RUN}`, 'EIO', ANSWERED],
    [`fail getattr ${EIO} -1 /completed`, 'EIO', 'backups/completed'],
    [`fail getattr ${EIO} -1 /.running`, 'EIO', 'backups/.running'],
    [`hang read 1 ${RUN}/manifest.json`, 'ETIMEDOUT', `${ANSWERED}/manifest.json`],
    [`hang open 1 ${RUN}/manifest.json`, 'ETIMEDOUT', `${ANSWERED}/manifest.json`],
    [`hang getattr 1 ${RUN}`, 'ETIMEDOUT', ANSWERED],
    [`hang getattr 1 /completed`, 'ETIMEDOUT', 'backups/completed'],
  ];
  it.skipIf(skipped).each(cases)('the disk says: %s', { timeout }, async (order, errno, path) => {
    const { answer } = await inspect([order], { stallTimeoutMs: 200 });
    const message = `Cannot read "${path}": ${errno}`;
    expect(answer).toStrictEqual({
      ok: false,
      error: { code: 'IO_ERROR', httpCode: 500, message, errno, path },
    });
  });
});

describe('getBackupRun() calls an artifact stalled, and goes on with the others, when', () => {
  it.skipIf(skipped).each(['read', 'open', 'getattr'])('its %s hangs', { timeout }, async (operation) => {
    const orders = [`hang ${operation} 1 ${RUN}/trades.db`];
    expect(await findingsAboutTrades(orders, { stallTimeoutMs: 200 })).toStrictEqual([
      {
        code: 'ARTIFACT_STALLED',
        severity: 'error',
        message: '"trades.db" is not verified: no byte came for 200 ms',
        ...about,
        actual: 200,
      },
    ]);
  });
});

describe('getBackupRun() calls a participant invalid, and the run incomplete, when', () => {
  const cases: [string, string][] = [
    [`fail read ${EIO} -1 ${RUN}/participants/trades.json`, 'EIO'],
    [`hang read 1 ${RUN}/participants/trades.json`, 'ETIMEDOUT'],
    [`hang open -1 ${RUN}/participants/trades.json`, 'ETIMEDOUT'],
    [`hang getattr -1 ${RUN}/participants/trades.json`, 'ETIMEDOUT'],
  ];
  it.skipIf(skipped).each(cases)('the disk says: %s', { timeout }, async (order, errno) => {
    const { answer } = await inspect([order], { stallTimeoutMs: 200 });
    const { findings, coverage } = inspected(answer);
    expect(findings[0]).toStrictEqual({
      code: 'PARTICIPANT_MANIFEST_INVALID',
      severity: 'error',
      message: `"trades" has a manifest that cannot be used: ${errno}`,
      participant: 'trades',
      path: `${ANSWERED}/participants/trades.json`,
      actual: errno,
    });
    expect(coverage.complete).toBe(false);
  });
});

describe('getBackupRun() says that a directory could not be listed, once, when', () => {
  const cases: [string, string, string, string][] = [
    ['fail', `fail readdir ${EIO} -1 ${RUN}/sub`, 'EIO', `${ANSWERED}/sub`],
    ['fail', `fail readdir ${EIO} -1 ${RUN}`, 'EIO', ANSWERED],
    ['fail', `fail readdir ${EIO} -1 ${RUN}/participants`, 'EIO', `${ANSWERED}/participants`],
    ['hang', `hang readdir 1 ${RUN}/sub`, 'ETIMEDOUT', `${ANSWERED}/sub`],
    ['hang', `hang readdir -1 ${RUN}/sub`, 'ETIMEDOUT', `${ANSWERED}/sub`],
    ['hang', `hang readdir -1 ${RUN}`, 'ETIMEDOUT', ANSWERED],
    ['hang', `hang readdir 1 ${RUN}/participants`, 'ETIMEDOUT', `${ANSWERED}/participants`],
    ['hang', `hang readdir -1 ${RUN}/participants`, 'ETIMEDOUT', `${ANSWERED}/participants`],
  ];
  it.skipIf(skipped).each(cases)('it %ss: %s', { timeout }, async (_, order, errno, path) => {
    const { answer, sound } = await inspect([order], { stallTimeoutMs: 200 });
    const message = `"${path}" is not verified: it cannot be read (${errno})`;
    const { run, findings, coverage } = inspected(answer);
    expect(run).toStrictEqual(inspected(sound).run);
    expect(findings).toStrictEqual([
      { code: 'ARTIFACT_UNREADABLE', severity: 'error', message, path, actual: errno },
    ]);
    expect([coverage.complete, coverage.verified]).toStrictEqual([false, 2]);
  });
});

describe('getBackupRun() is not misled when', () => {
  const cases: [string, string[]][] = [
    [
      'reads give one byte at a time',
      ['trades.db', 'manifest.json', 'participants/trades.json'].map((name) => `short 1 -1 ${RUN}/${name}`),
    ],
    ['an answer is late', [`delay read 50 2 ${RUN}/trades.db`, `delay getattr 50 2 ${RUN}/manifest.json`]],
    [
      'reads are interrupted',
      [`fail read ${EINTR} 3 ${RUN}/trades.db`, `fail read ${EINTR} 3 ${RUN}/manifest.json`],
    ],
    [
      'looks are interrupted',
      [`fail getattr ${EINTR} 3 ${RUN}/trades.db`, `fail open ${EINTR} 3 ${RUN}/trades.db`],
    ],
    [
      'a listing is interrupted',
      [`fail readdir ${EINTR} 1 ${RUN}`, `fail readdir ${EINTR} 1 ${RUN}/participants`],
    ],
  ];
  it.skipIf(skipped).each(cases)('%s', { timeout }, async (_, orders) => {
    const { answer, sound } = await inspect(orders, { stallTimeoutMs: 5_000 });
    expect(answer).toStrictEqual(sound);
  });

  it.skipIf(skipped)('one byte is wrong in the first read only', { timeout }, async () => {
    expect(await findingsAboutTrades([`flip 1 ${RUN}/trades.db`])).toStrictEqual([]);
  });

  it.skipIf(skipped)('one byte is wrong in every read, which is a mismatch', { timeout }, async () => {
    const flipped = sha256(String.fromCharCode(trades.charCodeAt(0) ^ 1) + trades.slice(1));
    expect(await findingsAboutTrades([`flip -1 ${RUN}/trades.db`])).toStrictEqual([
      {
        code: 'ARTIFACT_DIGEST_MISMATCH',
        severity: 'error',
        message: `"trades.db" has SHA-256 ${flipped} on disk but ${sha256(trades)} in the manifest`,
        ...about,
        expected: sha256(trades),
        actual: flipped,
      },
    ]);
  });

  const untold: [string, string[]][] = [
    ['of plain names', ['a b', 'notes', 'sub/more/part', 'sub/notes']],
    [
      'of any names',
      ['a%20*', 'bytes-\xff\xfe', 'notes', 'zażółć', 'данные/a?\n', 'данные/файл', 'данные/空/約定'],
    ],
  ];
  it.skipIf(skipped).each(untold)(
    'the disk does not tell the kinds of entries %s',
    { timeout },
    async (_, names) => {
      const made = makeRun({ artifacts, manifest: { participants: [] } });
      for (const name of names) {
        mkdirSync(dirname(made.at(name)), { recursive: true });
        // The name with the two bytes that are no UTF-8 stands here as it does in the answer.
        const [plain, ...bytes] = name.split('\xff\xfe');
        const path = Buffer.from(made.at(plain ?? ''));
        writeFileSync(bytes.length === 0 ? path : Buffer.concat([path, Buffer.from([0xff, 0xfe])]), '');
      }
      const disk = await mountFaultyDisk(made.root);
      const given: FaultyInput = { ...disk, request: { run_id: RUN_ID }, orders: ['types no'] };
      const { answer, sound, recovered, descriptors } = await runChild<FaultyOutput>('faulty', given);
      const found = inspected(sound).findings.map(({ code, path }) => `${code} ${path}`);
      const shown = names.map((name) => name.replace('\xff\xfe', String.raw`\xff\xfe`));
      expect(found).toStrictEqual(shown.map((name) => `ARTIFACT_UNLISTED ${ANSWERED}/${name}`));
      expect(inspected(sound).run.participants.map(({ name }) => name)).toStrictEqual(['trades']);
      expect(answer).toStrictEqual(sound);
      expect(recovered).toStrictEqual(sound);
      expect(descriptors.after).toBe(descriptors.before);
    },
  );
});

describe('listBackupRuns() has a row for every run, when', () => {
  it.skipIf(skipped)('hung storage takes every thread that there may be', { timeout }, async () => {
    const { root } = makeRun({ artifacts });
    const others = Array.from({ length: 4 }, (_, index) => `20260630-121045-00000${index}`);
    for (const runId of others) makeRun({ root, runId });
    const disk = await mountFaultyDisk(root);
    const given: OddStorageInput = {
      ...disk,
      request: { run_id: RUN_ID },
      orders: others.map((runId) => `hang open -1 /completed/${runId}/manifest.json`),
      options: { stallTimeoutMs: 200 },
    };
    const { sound, odd, ticks } = await runChild<OddStorageOutput>('odd-storage', given);
    expect(sound.rows.every(({ ok }) => ok)).toBe(true);
    const idsOf = ({ rows }: Told): string[] => rows.map((row) => (row.ok ? row.run.run_id : row.run_id));
    expect(idsOf(odd).toSorted()).toStrictEqual(idsOf(sound).toSorted());
    const codes = odd.rows.map((row) => (row.ok ? 'ok' : row.error.code));
    expect(codes).toContain('BUSY');
    expect(ticks).toBeGreaterThan(0);
  });
});

async function hang(
  scenario: HangingInput['scenario'],
  ...orders: readonly string[]
): Promise<readonly string[]> {
  const disk = await mountFaultyDisk(makeRun({ artifacts }).root);
  const given: HangingInput = { ...disk, request: { run_id: RUN_ID }, scenario, hang: orders };
  const { events, descriptors } = await runChild<HangingOutput>('hanging', given);
  expect(descriptors.after).toBe(descriptors.before);
  return events;
}

describe('getBackupRun() and close() do not wait for a disk that hangs', () => {
  const places = [
    `read 1 ${RUN}/trades.db`,
    `open 1 ${RUN}/trades.db`,
    `read 1 ${RUN}/manifest.json`,
    `getattr 1 ${RUN}`,
  ];

  it.skipIf(skipped).each(places)('when the caller aborts in: %s', { timeout }, async (place) => {
    expect(await hang('abort', `hang ${place}`)).toStrictEqual([
      'inspection: rejected: Error: enough',
      'work: done',
      'released',
      'next inspection: ok',
    ]);
  });

  it.skipIf(skipped).each(places)('when the inspector is closed in: %s', { timeout }, async (place) => {
    const [inspection, ...rest] = await hang('close', `hang ${place}`);
    expect(inspection).toMatch(/^inspection: rejected: TypeError: /);
    expect(rest.slice(0, 2)).toStrictEqual(['work: done', 'close: done']);
  });

  it.skipIf(skipped)(
    'when one inspector has lost all of its threads: it is BUSY until they come back',
    { timeout },
    async () => {
      const events = await hang('many', `hang read -1 ${RUN}/trades.db`, `hang read -1 ${RUN}/manifest.json`);
      const at = events.indexOf('inspection: BUSY');
      expect(at).toBeGreaterThan(0);
      expect(new Set(events.slice(0, at))).toStrictEqual(new Set(['inspection: IO_ERROR ETIMEDOUT']));
      expect(events.slice(at)).toStrictEqual([
        'inspection: BUSY',
        'another: BUSY',
        'listing: BUSY',
        'unknown run: BUSY',
        'work: done',
        'released',
        'inspection: ok',
      ]);
    },
  );
});
