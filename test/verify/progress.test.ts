import { describe, expect, it, onTestFinished } from 'vitest';
import { createInspector, type Progress } from '../../src/index.ts';
import { createCanceller } from '../../src/concurrency/abort.ts';
import type { Disk } from '../../src/jobs/disk.ts';
import type { Claim } from '../../src/manifest/claims.ts';
import type { RunAddress } from '../../src/repository/open-run.ts';
import { OutOfTime } from '../../src/verify/measurement.ts';
import { createMeter, type Meter } from '../../src/verify/progress.ts';
import { readFiles, type PendingFile } from '../../src/verify/read-files.ts';
import type { ReadSession, SharedRead } from '../../src/verify/shared-reads.ts';
import { makeRun, RUN_ID, sha256 } from '../support/runs.ts';

/** A meter, and all that it reported. */
function followed(): { readonly meter: Meter; readonly told: Progress[] } {
  const told: Progress[] = [];
  const fail = (reason: unknown): void => {
    throw reason;
  };
  return { meter: createMeter(RUN_ID, (progress) => void told.push(progress), fail), told };
}

const done = ({ bytesDone, bytesTotal, artifactsDone, artifactsTotal }: Progress): number[] => [
  bytesDone,
  bytesTotal,
  artifactsDone,
  artifactsTotal,
];

describe('createMeter()', () => {
  it('never reports more than the totals, also where a record that was rewritten claims less', () => {
    const { meter, told } = followed();
    meter.begin(1_000, 10);
    meter.settle(10, 1_000);
    meter.begin(10, 1);
    meter.end();
    meter.settle(1, 12);
    meter.end();
    expect(told.map(done)).toEqual([
      [1_000, 1_000, 10, 10],
      [0, 10, 0, 1],
      [10, 10, 1, 1],
    ]);
  });
});

/** Reads one file of `size` bytes, that reports what is told of its reads and whose reads come to these; what the meter says then. */
async function progressOf(
  size: number,
  totals: readonly number[],
  reads: readonly SharedRead[],
): Promise<number[]> {
  const { meter, told } = followed();
  meter.begin(2 * size, 2);
  const record = { logical_name: 'a.db', size_bytes: size };
  const claim = { participant: 'trades', record, expected: { size, digest: sha256('a') } } as Claim;
  const file: PendingFile = {
    claimed: { path: 'a.db', claims: [claim] },
    path: 'a.db',
    size,
    identity: '',
    mayJoinEarlier: false,
    key: '',
    attempts: 0,
    reported: 0,
  };
  const left = [...reads];
  const participation: ReadSession = {
    read({ onProgress }) {
      for (const total of totals) onProgress(0, total);
      const read = left.shift();
      return read === undefined ? Promise.reject(new OutOfTime()) : Promise.resolve([read]);
    },
    end: () => undefined,
  };
  const reading = {
    disk: {} as Disk,
    revision: '',
    run: { dev: 1n, ino: 1n } as RunAddress,
    reads: participation,
    memo: null,
    cancellation: createCanceller(),
    isHurried: false,
    meter,
    onBytes: () => undefined,
  };
  await readFiles([file], reading, () => undefined);
  meter.end();
  return done(told.at(-1) ?? ({} as Progress));
}

describe('readFiles() reports', () => {
  const content = (digest: string, change: 'none' | 'content' = 'none'): SharedRead => ({
    type: 'content',
    size: 100,
    bytesRead: 100,
    digest,
    change,
    identity: '',
    isSettled: true,
  });

  it.each<[string, readonly SharedRead[], readonly number[]]>([
    ['every byte of a file once that was read', [content(sha256('a'))], [100, 200, 1, 2]],
    ['no more of one that has grown', [{ type: 'missing' }], [100, 200, 1, 2]],
    ['no more of one that was read again', [content('b'), content('b')], [100, 200, 1, 2]],
    ['not all of one that there was no time to read again', [content('b')], [99, 200, 0, 2]],
  ])('%s', async (_, reads, expected) => {
    expect(await progressOf(100, [50, 101], reads)).toEqual(expected);
  });

  it('nothing of a file that there was no time for', async () => {
    expect(await progressOf(100, [], [])).toEqual([0, 200, 0, 2]);
  });
});

describe.each([0, 2])('getBackupRun() with %i threads', (threads) => {
  it('calls nothing done that a time budget left out', async () => {
    const artifacts = { 'small.db': 'small', 'large.db': 'x'.repeat(4_000_000) };
    const run = makeRun({ artifacts });
    const inspector = createInspector({ root: run.root, threads, maxBytesPerSecond: 100_000 });
    onTestFinished(() => inspector.close());
    const told: Progress[] = [];
    const answer = await inspector.getBackupRun(
      { run_id: RUN_ID },
      { timeBudgetMs: 3_000, onProgress: (progress) => void told.push(progress) },
    );
    if (!answer.ok) throw new Error(answer.error.message);
    const last = told.at(-1);
    expect(last).toMatchObject({ artifactsDone: answer.coverage.verified, artifactsTotal: 2 });
    expect(last?.bytesDone).toBeLessThan(last?.bytesTotal ?? 0);
    expect(last?.bytesDone).toBeGreaterThanOrEqual(5 * answer.coverage.verified);
  });
});
