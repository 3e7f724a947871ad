import { describe, expect, it } from 'vitest';
import type { Answer, Inspected } from '../../../src/index.ts';
import { runChild } from '../../support/built.ts';
import type { OddStorageInput, OddStorageOutput } from '../../support/children/odd-storage.ts';
import { mountFaultyDisk } from '../../support/faulty-disk.ts';
import { lacks } from '../../support/needs.ts';
import { makeRun, RUN_ID, tradesRecord } from '../../support/runs.ts';

const timeout = 300_000;
const skipped = lacks('a faulty disk', 'linux', 'root', 'gcc', 'libfuse3 with pkg-config', '/dev/fuse');
const artifacts = { 'trades.db': 'the trades of today\n', 'sub/part.bin': 'a part\n' };
/** More than what is read without a look before. */
const large = { 'large.bin': 'x'.repeat(200_000) };

/** What is told of a run whose storage gives something else with every look. */
async function tellOf(
  moving: 'inode' | 'ctime',
  options: OddStorageInput['options'] = {},
): Promise<OddStorageOutput> {
  const inline = tradesRecord({ 'sub/part.bin': artifacts['sub/part.bin'] }, { name: 'inline' });
  const run = makeRun({
    artifacts: { ...artifacts, ...large },
    manifest: { participants: ['trades', { ...inline, artifacts: [] }] },
  });
  const disk = await mountFaultyDisk(run.root);
  const given: OddStorageInput = {
    ...disk,
    request: { run_id: RUN_ID },
    orders: [`moving ${moving}`],
    options,
  };
  return runChild<OddStorageOutput>('odd-storage', given);
}

function inspected(answer: Answer): Inspected {
  if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
  return answer;
}

describe('storage without stable inodes', () => {
  it.skipIf(skipped).each([2, 0])(
    'is read once, and found as sound, with %i threads',
    { timeout },
    async (threads) => {
      const { sound, odd } = await tellOf('inode', { threads });
      expect(inspected(sound.answer).coverage).toMatchObject({ complete: true, findingsTotal: 0 });
      expect(odd).toStrictEqual(sound);
    },
  );
});

describe('storage whose ctime moves with every look', () => {
  it.skipIf(skipped).each([2, 0])(
    'is read twice, and found as sound, with %i threads',
    { timeout },
    async (threads) => {
      const { sound, odd } = await tellOf('ctime', { threads });
      const { coverage, ...rest } = inspected(odd.answer);
      const { bytesRead, ...counts } = inspected(sound.answer).coverage;
      expect(counts).toMatchObject({ complete: true, findingsTotal: 0 });
      expect({ ...rest, rows: odd.rows }).toStrictEqual({
        ok: true,
        run: inspected(sound.answer).run,
        findings: [],
        rows: sound.rows,
      });
      expect(coverage).toStrictEqual({ ...counts, bytesRead: 2 * bytesRead });
    },
  );
});
