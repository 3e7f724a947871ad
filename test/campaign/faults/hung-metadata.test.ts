import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/index.ts';
import { runChild } from '../../support/built.ts';
import type { HungMetadataInput, HungMetadataOutput } from '../../support/children/hung-metadata.ts';
import { mountFaultyDisk } from '../../support/faulty-disk.ts';
import { lacks } from '../../support/needs.ts';
import { makeRun, temporaryDirectory } from '../../support/runs.ts';

const skipped = lacks('a faulty disk', 'linux', 'root', 'gcc', 'libfuse3 with pkg-config', '/dev/fuse');
const timeout = 300_000;

const THREADS = 2;
const HEALTHY = Array.from({ length: 6 }, (_, index) => `20260629-121045-00000${index}`);
const HUNG = Array.from({ length: 3 }, (_, index) => `20260630-121045-00000${index}`);

async function hang(
  hung: readonly string[],
  over: Pick<HungMetadataInput, 'stallTimeoutMs' | 'untilStalled'>,
): Promise<HungMetadataOutput> {
  const root = `${temporaryDirectory()}/backups`;
  for (const runId of [...HEALTHY, ...HUNG]) makeRun({ root, runId });
  const disk = await mountFaultyDisk(root);
  const given: HungMetadataInput = { ...disk, threads: THREADS, healthy: HEALTHY, hung, ...over };
  return runChild<HungMetadataOutput>('hung-metadata', given);
}

/** What each answer comes to. */
function outcomes(answers: readonly Answer[]): Set<string> {
  return new Set(
    answers.map((each) => {
      if (!each.ok) return each.error.code;
      return each.findings.length === 0 && each.coverage.complete ? 'whole' : 'incomplete';
    }),
  );
}

describe('getBackupRun() of other runs goes on, and threads go back to the number asked for, when', () => {
  it.skipIf(skipped)('a manifest hangs for less than the stall timeout', { timeout }, async () => {
    const output = await hang(HUNG.slice(0, 1), { stallTimeoutMs: 60_000, untilStalled: false });
    expect(outcomes(output.healthy)).toStrictEqual(new Set(['whole']));
    // It was only late.
    expect(outcomes(output.hung)).toStrictEqual(new Set(['whole']));
    expect(outcomes(output.recovered)).toStrictEqual(new Set(['whole']));
    expect(output.threads.after).toBeLessThanOrEqual(THREADS + 1);
  });

  // Healthy calls have to begin before the hung ones are lost: else three lost threads are too many for another.
  it.skipIf(skipped)('manifests hang for longer than that', { timeout }, async () => {
    const output = await hang(HUNG, { stallTimeoutMs: 1_000, untilStalled: true });
    expect(outcomes(output.healthy)).toStrictEqual(new Set(['whole']));
    expect(outcomes(output.hung)).toStrictEqual(new Set(['IO_ERROR']));
    expect(outcomes(output.recovered)).toStrictEqual(new Set(['whole']));
    expect(output.threads.whileHung).toBeGreaterThan(THREADS + 1);
    expect(output.threads.after).toBeLessThanOrEqual(THREADS + 1);
  });
});
