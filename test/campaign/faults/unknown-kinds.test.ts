import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createInspector, type Answer, type Inspected, type ListedRun } from '../../../src/index.ts';
import { runChild } from '../../support/built.ts';
import type { OddStorageInput, OddStorageOutput, Told } from '../../support/children/odd-storage.ts';
import { mountFaultyDisk } from '../../support/faulty-disk.ts';
import { lacks } from '../../support/needs.ts';
import { makeRun, RUN_ID, temporaryDirectory, tradesRecord, type MadeRun } from '../../support/runs.ts';

const { EIO, ENOENT } = constants.errno;
const timeout = 300_000;

const RUN = `/completed/${RUN_ID}`;
const ANSWERED = `backups/completed/${RUN_ID}`;
const OTHER_ID = '20260630-121045-000002';
const UNLISTED = ['a', 'b', 'c', 'deep/a', 'deep/b', 'deep/below/a', 'deep/below/b'];
const artifacts = { 'trades.db': 'the trades of today\n', 'sub/part.bin': 'a part\n' };

/** Two runs, one with a second participant that only a file tells of, and with files that nobody claims. */
function makeRuns(): MadeRun {
  const run = makeRun({ artifacts });
  makeRun({ root: run.root, runId: OTHER_ID });
  const record = tradesRecord({ 'sub/more.bin': 'more\n' }, { name: 'accounts' });
  put(run.at('participants/accounts.json'), JSON.stringify(record));
  put(run.at('sub/more.bin'), 'more\n');
  for (const name of UNLISTED) put(run.at(name), '');
  return run;
}

function put(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function inspected(answer: Answer): Inspected {
  if (!answer.ok) throw new Error(answer.error.message);
  return answer;
}

/** The finding about each path, in their order. */
function found(answer: Answer): string[] {
  return inspected(answer).findings.map(({ code, path, actual }) =>
    [code, path, actual ?? ''].join(' ').trim(),
  );
}

function unlisted(names: readonly string[]): string[] {
  return names.map((name) => `ARTIFACT_UNLISTED ${ANSWERED}/${name}`);
}

/** What is told of the runs below a root. */
async function tellOf(root: string): Promise<Told> {
  await using inspector = createInspector({ root });
  const rows: ListedRun[] = [];
  for await (const row of inspector.listBackupRuns()) rows.push(row);
  return { answer: await inspector.getBackupRun({ run_id: RUN_ID }), rows };
}

const without = lacks('ext4 without filetype', 'linux', 'root', 'mkfs.ext4', 'a loop device');

describe('ext4 that keeps no kinds in its directories', () => {
  it.skipIf(without)('answers and lists as any other', { timeout }, async () => {
    const { root } = makeRuns();
    const directory = temporaryDirectory();
    const [image, mount] = [join(directory, 'image'), join(directory, 'mount')];
    writeFileSync(image, '');
    truncateSync(image, 16 << 20);
    execFileSync('mkfs.ext4', ['-q', '-O', '^filetype', image]);
    mkdirSync(mount);
    execFileSync('mount', ['-o', 'loop', image, mount]);
    onTestFinished(() => void spawnSync('umount', ['-l', mount]));
    cpSync(root, join(mount, 'backups'), { recursive: true });

    const told = await tellOf(join(mount, 'backups'));
    expect(found(told.answer)).toStrictEqual(unlisted(UNLISTED));
    expect(inspected(told.answer).coverage).toMatchObject({ complete: true, verified: 3 });
    expect(told).toStrictEqual(await tellOf(root));
  });
});

const skipped = lacks('a faulty disk', 'linux', 'root', 'gcc', 'libfuse3 with pkg-config', '/dev/fuse');

/** With listings that tell no kinds. */
async function tellWhile(
  orders: readonly string[],
  options: OddStorageInput['options'] = {},
): Promise<OddStorageOutput> {
  const disk = await mountFaultyDisk(makeRuns().root);
  const given: OddStorageInput = {
    ...disk,
    request: { run_id: RUN_ID },
    orders: ['types no', ...orders],
    options: { stallTimeoutMs: 300, ...options },
  };
  const output = await runChild<OddStorageOutput>('odd-storage', given);
  expect(found(output.sound.answer)).toStrictEqual(unlisted(UNLISTED));
  expect(output.descriptors.after).toBe(output.descriptors.before);
  return output;
}

/** What is told where something is unreadable, in order. */
function unreadable(name: string, errno: string, others: readonly string[]): string[] {
  const all = [...unlisted(others), `ARTIFACT_UNREADABLE ${ANSWERED}/${name} ${errno}`];
  return all.toSorted((a, b) => ((a.split(' ')[1] ?? '') < (b.split(' ')[1] ?? '') ? -1 : 1));
}

describe('getBackupRun() of storage that tells no kinds misses one entry alone, when', () => {
  const allBut = (...names: string[]): string[] =>
    UNLISTED.filter((name) => !names.some((each) => name === each || name.startsWith(`${each}/`)));
  const cases: [string, string, string][] = [
    ['b', 'a file', 'b'],
    ['deep/below/a', 'a file far below', 'deep/below/a'],
    ['deep/below', 'a directory', 'deep/below'],
  ];

  it.skipIf(skipped).each(cases)('%s fails (%s)', { timeout }, async (name) => {
    const { sound, odd } = await tellWhile([`fail getattr ${EIO} -1 ${RUN}/${name}`]);
    expect(found(odd.answer)).toStrictEqual(unreadable(name, 'EIO', allBut(name)));
    expect(inspected(odd.answer).run).toStrictEqual(inspected(sound.answer).run);
    expect(inspected(odd.answer).coverage.complete).toBe(false);
  });

  it.skipIf(skipped).each(cases)('%s vanishes after it was listed (%s)', { timeout }, async (name) => {
    const { odd } = await tellWhile([`fail getattr ${ENOENT} -1 ${RUN}/${name}`]);
    expect(found(odd.answer)).toStrictEqual(unlisted(allBut(name)));
    expect(inspected(odd.answer).coverage.complete).toBe(true);
  });

  it.skipIf(skipped).each(cases)('%s hangs (%s)', { timeout }, async (name) => {
    const { sound, odd, ticks } = await tellWhile([`hang getattr -1 ${RUN}/${name}`]);
    expect(found(odd.answer)).toStrictEqual(unreadable(name, 'ETIMEDOUT', allBut(name)));
    expect(inspected(odd.answer).run).toStrictEqual(inspected(sound.answer).run);
    expect(ticks).toBeGreaterThan(0);
  });

  it.skipIf(skipped)('several in one directory hang, which stands for them', { timeout }, async () => {
    const hung = ['a', 'b'].map((name) => `hang getattr -1 ${RUN}/deep/below/${name}`);
    const { odd } = await tellWhile(hung);
    expect(found(odd.answer)).toStrictEqual(unreadable('deep/below', 'ETIMEDOUT', allBut('deep/below')));
  });

  it.skipIf(skipped)('an artifact hangs that is not to be verified', { timeout }, async () => {
    const options = { level: 'none' } as const;
    const { odd, ticks } = await tellWhile([`hang getattr -1 ${RUN}/trades.db`], options);
    expect(found(odd.answer)).toStrictEqual(unreadable('trades.db', 'ETIMEDOUT', UNLISTED));
    expect(ticks).toBeGreaterThan(0);
  });

  it.skipIf(skipped)('an artifact fails that is not to be verified', { timeout }, async () => {
    const { odd } = await tellWhile([`fail getattr ${EIO} -1 ${RUN}/trades.db`], { level: 'none' });
    expect(found(odd.answer)).toStrictEqual(unreadable('trades.db', 'EIO', UNLISTED));
  });

  it.skipIf(skipped)('nothing: every look is slow', { timeout }, async () => {
    const { sound, odd } = await tellWhile(['delay getattr 5 -1 *'], { stallTimeoutMs: 20_000 });
    expect(odd).toStrictEqual(sound);
  });
});

describe('a participant of storage that tells no kinds stands for itself, when', () => {
  const file = `${RUN}/participants/accounts.json`;
  const cases: [string, string, string][] = [
    ['its file fails', `fail getattr ${EIO} -1 ${file}`, 'EIO'],
    ['its file hangs', `hang getattr -1 ${file}`, 'ETIMEDOUT'],
    ['its file hangs when it is opened', `hang open -1 ${file}`, 'ETIMEDOUT'],
  ];
  it.skipIf(skipped).each(cases)('%s', { timeout }, async (_, order, errno) => {
    const { sound, odd, ticks } = await tellWhile([order]);
    const { run, findings, coverage } = inspected(odd.answer);
    expect(findings[0]).toMatchObject({
      code: 'PARTICIPANT_MANIFEST_INVALID',
      participant: 'accounts',
      actual: errno,
    });
    const [trades] = inspected(sound.answer).run.participants;
    expect(run.participants[0]).toStrictEqual(trades);
    expect(coverage.complete).toBe(false);
    // What it would claim is claimed by nobody; all else is as it was.
    expect(found(odd.answer).slice(1)).toStrictEqual(unlisted([...UNLISTED, 'sub/more.bin']));
    if (errno === 'ETIMEDOUT') expect(ticks).toBeGreaterThan(0);
  });

  it.skipIf(skipped)('its file vanishes after it was listed: there is none', { timeout }, async () => {
    const { sound, odd } = await tellWhile([`fail getattr ${ENOENT} -1 ${file}`]);
    const [trades] = inspected(sound.answer).run.participants;
    expect(inspected(odd.answer).run.participants).toStrictEqual([trades]);
    expect(found(odd.answer)).toStrictEqual(unlisted([...UNLISTED, 'sub/more.bin']));
  });

  it.skipIf(skipped)('their directory hangs', { timeout }, async () => {
    const { odd, ticks } = await tellWhile([`hang readdir -1 ${RUN}/participants`]);
    const { run, coverage } = inspected(odd.answer);
    expect(run.participants.map(({ name }) => name)).toStrictEqual(['trades']);
    expect(coverage).toMatchObject({ complete: false, verified: 2 });
    expect(found(odd.answer)).toContain(`ARTIFACT_UNREADABLE ${ANSWERED}/participants ETIMEDOUT`);
    expect(ticks).toBeGreaterThan(0);
  });
});

describe('listBackupRuns() of storage that tells no kinds has every other row, when a run', () => {
  const place = `/completed/${OTHER_ID}`;
  const cases: [string, string, string][] = [
    ['fails', `fail getattr ${EIO} -1 ${place}`, 'IO_ERROR'],
    ['hangs', `hang getattr -1 ${place}`, 'IO_ERROR'],
    ['has a manifest that fails', `fail open ${EIO} -1 ${place}/manifest.json`, 'IO_ERROR'],
    ['has a manifest that hangs', `hang open -1 ${place}/manifest.json`, 'IO_ERROR'],
    ['vanishes after it was listed', `fail getattr ${ENOENT} -1 ${place}`, 'none'],
  ];
  it.skipIf(skipped).each(cases)('%s', { timeout }, async (_, order, code) => {
    const { sound, odd, ticks } = await tellWhile([order]);
    expect(sound.rows.map((row) => row.ok)).toStrictEqual([true, true]);
    const [other, ...rest] = code === 'none' ? [null, ...odd.rows] : odd.rows;
    expect(rest).toStrictEqual(sound.rows.slice(1));
    if (other !== null) expect(other).toMatchObject({ ok: false, run_id: OTHER_ID, error: { code } });
    expect(odd.answer).toStrictEqual(sound.answer);
    if (order.startsWith('hang')) expect(ticks).toBeGreaterThan(0);
  });
});
