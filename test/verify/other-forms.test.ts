import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createInspector, type Finding, type InspectionOptions } from '../../src/index.ts';
import { lacks } from '../support/needs.ts';
import { artifactRecord, makeRun, RUN_ID, type MadeRun, type RunToMake } from '../support/runs.ts';

/** One name in two forms, and in a third one with a mark of each. */
const [NFC, NFD] = ['caf\u00e9', 'cafe\u0301'];
const MIXED = '\u00e9e\u0301';

const skip = lacks('names that are bytes', 'linux');

/** A run that claims these paths, on whose disk stand those. */
function makeRunOf(claimed: readonly string[], onDisk: readonly string[], options: RunToMake = {}): MadeRun {
  const trades = { artifacts: claimed.map((path) => artifactRecord(path, 'x')) };
  const artifacts = Object.fromEntries(onDisk.map((path) => [path, 'x']));
  return makeRun({ artifacts, trades, ...options });
}

describe.skipIf(skip).each([0, 2])('with %i threads, a file that is missing', (threads) => {
  /** Code, forms and message of every finding. */
  async function told({ root }: MadeRun, options: InspectionOptions & { findings?: number } = {}) {
    const { findings = 100, ...call } = options;
    const inspector = createInspector({ root, threads, limits: { findings } });
    onTestFinished(() => inspector.close());
    const answer = await inspector.getBackupRun({ run_id: RUN_ID }, call);
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.findings.map(({ code, expected, actual, message }) => ({
      code,
      expected,
      actual,
      message,
    }));
  }

  const missing = (name: string, expected: string, actual: string): Partial<Finding> => ({
    code: 'ARTIFACT_MISSING',
    expected,
    actual,
    message: `"${name}" is recorded but not on disk, where its path stands in another Unicode form: ${actual}, recorded in ${expected}`,
  });
  const unlisted = (name: string, expected: string, actual: string): Partial<Finding> => ({
    code: 'ARTIFACT_UNLISTED',
    expected,
    actual,
    message: `"backups/completed/${RUN_ID}/${name}" is on disk but in no manifest, which has the path in another Unicode form: ${expected}, on disk in ${actual}`,
  });

  it.each([
    [`${NFC}.db`, `${NFD}.db`, 'NFC', 'NFD'],
    [`${NFD}.db`, `${NFC}.db`, 'NFD', 'NFC'],
    [`${MIXED}.db`, `${MIXED.normalize('NFC')}.db`, 'neither NFC nor NFD', 'NFC'],
    // The directory is the one that differs.
    [`${NFC}/x.db`, `${NFD}/x.db`, 'NFC', 'NFD'],
  ])('is told from what stands there in another form: %j, %j', async (recorded, found, expected, actual) => {
    const run = makeRunOf([recorded], [found]);
    for (const options of [{}, { level: 'size' }] as const) {
      const findings = await told(run, options);
      expect(findings.slice(0, 2).filter(({ code }) => !code.startsWith('ARTIFACT_NOT'))).toEqual([
        missing(recorded, expected, actual),
        unlisted(found, expected, actual),
      ]);
    }
    // A finding that is not kept is none that is not known.
    expect(await told(run, { findings: 1 })).toEqual([missing(recorded, expected, actual)]);
  });

  it('is told from what another record claims in another form', async () => {
    const run = makeRunOf([`${NFC}.db`, `${NFD}.db`], [`${NFD}.db`]);
    expect(await told(run)).toEqual([missing(`${NFC}.db`, 'NFC', 'NFD')]);
  });

  it('is told from a twin of it that is no regular file', async () => {
    const run = makeRunOf([`${NFC}.db`], []);
    symlinkSync('/nowhere', run.at(`${NFD}.db`));
    expect(await told(run)).toEqual([
      missing(`${NFC}.db`, 'NFC', 'NFD'),
      unlisted(`${NFD}.db`, 'NFC', 'NFD'),
    ]);
  });

  it('is only missing where nothing, or another name, stands there', async () => {
    const plain = ({ code, expected }: { code: string; expected: unknown }): unknown[] => [code, expected];
    const run = makeRunOf([`${NFC}.db`, 'a.db'], ['cafe.db', 'A.db', `${NFC}.dc`]);
    mkdirSync(run.at('sub'));
    writeFileSync(run.at('sub', `${NFD}.db`), '');
    const findings = await told(run);
    expect(findings.map(plain)).toEqual([
      ['ARTIFACT_MISSING', undefined],
      ['ARTIFACT_MISSING', undefined],
      ...Array.from({ length: 4 }, () => ['ARTIFACT_UNLISTED', undefined]),
    ]);
    expect(findings[0]?.message).toBe(`"${NFC}.db" is recorded but not on disk`);
  });
});
