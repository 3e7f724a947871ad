import { appendFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createCanceller } from '../../src/concurrency/abort.ts';
import type { Disk } from '../../src/jobs/disk.ts';
import type { RunAddress } from '../../src/repository/open-run.ts';
import { readFiles, type PendingFile } from '../../src/verify/read-files.ts';
import { lacks } from '../support/needs.ts';
import { artifactRecord, makeRun, RUN_ID } from '../support/runs.ts';
import { inspectStepped, steppedRoot } from '../support/stepped.ts';

const skip = lacks('a file that grows before it is read', 'linux');

/** Large enough to be read alone. */
const SIZE = 1 << 30;

function fileOf(path: string): PendingFile {
  return {
    claimed: { path, claims: [] },
    path,
    size: SIZE,
    identity: path,
    mayJoinEarlier: true,
    key: '',
    attempts: 0,
    reported: 0,
  };
}

describe('readFiles()', () => {
  it('begins no further read after the first that failed, and rejects when those under way have ended', async () => {
    const files = Array.from({ length: 200 }, (_, index) => fileOf(`file-${index}`));
    const waiting: (() => void)[] = [];
    const count = { begun: 0, ended: 0 };
    const reads = {
      async read() {
        count.begun += 1;
        if (count.begun === 1) throw new Error('no thread is left');
        await new Promise<void>((resolve) => waiting.push(resolve));
        count.ended += 1;
        return [{ type: 'missing' as const }];
      },
      end: () => undefined,
    };
    const reading = readFiles(
      files,
      {
        disk: {} as Disk,
        revision: '',
        run: { dev: 1n, ino: 1n } as RunAddress,
        reads,
        memo: null,
        cancellation: createCanceller(),
        isHurried: false,
        meter: { begin() {}, read() {}, settle() {}, end() {}, stop() {} },
        onBytes: () => undefined,
      },
      () => undefined,
    );
    const atOnce = waiting.length + 1;
    // Whoever is let go of takes up what is left.
    const letGo = async (): Promise<void> => {
      while (count.ended < count.begun - 1) {
        for (const end of waiting.splice(0)) end();
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await Promise.all([expect(reading).rejects.toThrow('no thread is left'), letGo()]);
    expect(count).toStrictEqual({ begun: atOnce, ended: atOnce - 1 });
  });
});

describe.skipIf(skip)('a file that two records claim with different sizes', () => {
  const claim = (name: string, content: string): object => ({
    ...artifactRecord(name, content),
    path: 'twice.bin',
  });
  const artifacts = [claim('short', 'abc'), claim('long', 'abcdef')];

  /** The findings about both claims, when the file grows before a certain call. */
  async function findingsWhenGrownBefore(at: number): Promise<readonly string[]> {
    const run = makeRun({ artifacts: { 'twice.bin': 'abc' }, trades: { artifacts } });
    let calls = 0;
    const answer = await inspectStepped(steppedRoot(run.root), RUN_ID, {
      before: (call) => {
        calls = call + 1;
        if (call === at) appendFileSync(run.at('twice.bin'), 'def');
      },
    });
    if (at >= calls) return ['the inspection was over'];
    return answer.ok
      ? answer.findings.map(({ code, artifact }) => `${artifact}: ${code}`)
      : [answer.error.code];
  }

  it('and that grows from one to the other is CHANGED, and no digest of a part is held against it', async () => {
    const seen: (readonly string[])[] = [];
    for (let at = 0; seen.at(-1)?.[0] !== 'the inspection was over'; at += 1)
      seen.push(await findingsWhenGrownBefore(at));
    const all = seen.flat();
    expect(all.filter((each) => each.endsWith('ARTIFACT_DIGEST_MISMATCH'))).toStrictEqual([]);
    expect(all).toContain('short: ARTIFACT_CHANGED');
    expect(all).toContain('long: ARTIFACT_CHANGED');
  });
});
