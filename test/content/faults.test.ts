import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { Answer, Inspected } from '../../src/index.ts';
import { runChild } from '../support/built.ts';
import type { FaultyContentsInput, FaultyContentsOutput } from '../support/children/faulty-contents.ts';
import { mountFaultyDisk } from '../support/faulty-disk.ts';
import { lacks } from '../support/needs.ts';
import { makeRun, RUN_ID } from '../support/runs.ts';

const { EIO, ESTALE, ENOENT } = constants.errno;
const skipped = lacks('a faulty disk', 'linux', 'root', 'gcc', 'libfuse3 with pkg-config', '/dev/fuse');
const PATH = `/completed/${RUN_ID}/trades.db`;

function inspected(answer: Answer): Inspected {
  if (!answer.ok) throw new Error(answer.error.message);
  return answer;
}

describe('getBackupRun() calls an artifact not verified, and the rest as it is, when a validator finds that', () => {
  const cases: [string, string, string][] = [
    ['its read fails', `fail read ${EIO} -1 ${PATH}`, 'it cannot be read (EIO)'],
    ['its open fails', `fail open ${ESTALE} -1 ${PATH}`, 'it cannot be read (ESTALE)'],
    ['it cannot be looked at', `fail getattr ${EIO} -1 ${PATH}`, 'it cannot be read (EIO)'],
    ['it is not there any more', `fail getattr ${ENOENT} -1 ${PATH}`, 'it changed after it was hashed'],
    ['its read hangs', `hang read 1 ${PATH}`, 'no byte of it came for 300 ms'],
    ['its open hangs', `hang open 1 ${PATH}`, 'no byte of it came for 300 ms'],
  ];
  it.skipIf(skipped).each(cases)('%s', { timeout: 300_000 }, async (_, order, actual) => {
    const artifacts = { 'trades.db': Buffer.alloc(600_000, 1), 'other.db': 'fine' };
    const disk = await mountFaultyDisk(makeRun({ artifacts }).root);
    const options = { stallTimeoutMs: 300 };
    const given: FaultyContentsInput = { ...disk, request: { run_id: RUN_ID }, orders: [order], options };
    const output = await runChild<FaultyContentsOutput>('faulty-contents', given);
    const { findings, coverage, run } = inspected(output.answer);
    const told = findings.map(({ code, artifact, actual: said }) => [code, artifact, said]);
    expect(told).toStrictEqual([['ARTIFACT_NOT_VERIFIED', 'trades.db', actual]]);
    expect(coverage).toMatchObject({ verified: 2, complete: false });
    const flags = run.participants[0]!.artifacts.map((each) => [each.integrity_ok, each.validation_ok]);
    expect(flags).toStrictEqual([[true, false], [true, true]]); // prettier-ignore
    expect(inspected(output.recovered)).toMatchObject({ findings: [], coverage: { complete: true } });
    expect(output.descriptors.after).toBe(output.descriptors.before);
  });
});
