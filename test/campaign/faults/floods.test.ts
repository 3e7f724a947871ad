import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runChild } from '../../support/built.ts';
import type { PeakInput, PeakOutput } from '../../support/children/peak.ts';
import { lacks, tell } from '../../support/needs.ts';
import { makeRun, RUN_ID } from '../../support/runs.ts';

const skipped = lacks('a flood of files', 'linux', '/dev/shm');
const timeout = 300_000;

const FILES = 200_000;
/** Bytes by which the peak of memory may grow: far less than an object for every file takes on its way through three of them. */
const GROWTH = 150 * 2 ** 20;
const FINDINGS = 1_000;
const ANSWERED = `backups/completed/${RUN_ID}`;

/** A run in memory, where files cost little. */
function makeRunInMemory(): ReturnType<typeof makeRun> {
  const directory = mkdtempSync('/dev/shm/backup-run-inspector-');
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return makeRun({ root: join(directory, 'backups') });
}

function nameOf(index: number): string {
  return String(index).padStart(6, '0');
}

describe('getBackupRun() of a run with 200,000 files that nobody claims counts them all, and keeps few', () => {
  it.skipIf(skipped).each([
    ['in one directory', 1],
    ['in a thousand directories', 1_000],
  ])('%s', { timeout }, async (where, directories) => {
    const run = makeRunInMemory();
    const given: PeakInput = { request: { run_id: RUN_ID }, options: { root: run.root } };
    const plain = await runChild<PeakOutput>('peak', given);
    expect(plain.findings).toStrictEqual([]);

    const paths: string[] = [];
    for (let index = 0; index < FILES; index += 1) {
      const directory = nameOf(index % directories);
      if (index < directories) mkdirSync(run.at('flood', directory), { recursive: true });
      const path = `flood/${directory}/${nameOf(index)}`;
      closeSync(openSync(run.at(path), 'w'));
      paths.push(`${ANSWERED}/${path}`);
    }
    const flooded = await runChild<PeakOutput>('peak', given);
    tell(
      `${FILES} unlisted files ${where}: ${Math.round((flooded.peak - plain.peak) / 2 ** 20)} MiB more, ` +
        `${Math.round(flooded.milliseconds)} ms, the loop at most ${Math.round(flooded.delay)} ms late`,
    );
    expect(flooded.findingsTotal).toBe(FILES);
    expect(flooded.findings.map(({ path }) => path)).toStrictEqual(paths.toSorted().slice(0, FINDINGS));
    expect(new Set(flooded.findings.map(({ code }) => code))).toStrictEqual(new Set(['ARTIFACT_UNLISTED']));
    expect(flooded.peak - plain.peak).toBeLessThan(GROWTH);
  });
});
