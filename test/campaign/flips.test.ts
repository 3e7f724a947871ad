import fc from 'fast-check';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createInspector, type Answer, type Artifact } from '../../src/index.ts';
import { tell } from '../support/needs.ts';
import { artifactRecord, makeRun, runManifest, temporaryDirectory, tradesRecord } from '../support/runs.ts';

/** Inspected at one time: a broken manifest is waited for, and thousands are to be asked about. */
const TOGETHER = 64;

const CONTENT = 'the trades of today\n';
const ARTIFACTS = { 'trades.db': CONTENT };

/** A manifest, of which each run has one. */
interface Target {
  readonly name: string;
  readonly file: string;
  recordOf(runId: string): object;
  /** What it alone says of the run: if a bit of it flips nobody can tell. */
  readonly free: readonly string[];
}

const FREE = ['started_at', 'finished_at', 'error', 'error_summary'];

const TARGETS: readonly Target[] = [
  {
    name: 'a run manifest that names its participant',
    file: 'manifest.json',
    recordOf: (run_id) => runManifest({ run_id }),
    free: FREE,
  },
  {
    name: 'a run manifest that holds its participant',
    file: 'manifest.json',
    recordOf: (run_id) => runManifest({ run_id, participants: [tradesRecord(ARTIFACTS)] }),
    free: [...FREE, 'name', 'logical_name'],
  },
  {
    name: 'a participant manifest',
    file: 'participants/trades.json',
    recordOf: (run_id) => {
      const artifacts = [{ ...artifactRecord('a name', CONTENT), path: 'trades.db' }];
      return tradesRecord({}, { backup_format_version: 1, run_id, artifacts });
    },
    free: [...FREE, 'logical_name'],
  },
];

/** Ids of one length, so that the same place is the same byte in every run. */
const RUN_IDS = Array.from({ length: TOGETHER }, (_, index) => `20260629-121045-${100_000 + index}`);

/** An inspector of runs that are intact but for a manifest, which is to be written. */
function makeRuns({ name, file }: Target) {
  const root = join(temporaryDirectory(), 'backups');
  for (const runId of RUN_IDS) {
    const run = makeRun({ root, runId, artifacts: ARTIFACTS });
    if (name.includes('holds')) rmSync(run.at('participants/trades.json'));
  }
  // Several, because one inspector lets few inspections run at one time, and those that wait are many here.
  const inspectors = Array.from({ length: 4 }, () => createInspector({ root }));
  const ask = (runId: string, bytes: string | Uint8Array): Promise<Answer> => {
    writeFileSync(join(root, 'completed', runId, file), bytes);
    return inspectors[RUN_IDS.indexOf(runId) % inspectors.length]!.getBackupRun({ run_id: runId });
  };
  return { ask, close: () => Promise.all(inspectors.map((inspector) => inspector.close())) };
}

/** Asks about runs with each of these manifests; each is the text of a run by its id. */
async function askAll(target: Target, all: readonly ((runId: string) => string | Uint8Array)[]) {
  const { ask, close } = makeRuns(target);
  const answers: Answer[] = [];
  for (let from = 0; from < all.length; from += TOGETHER) {
    const batch = all.slice(from, from + TOGETHER);
    answers.push(
      ...(await Promise.all(batch.map((bytesOf, index) => ask(RUN_IDS[index]!, bytesOf(RUN_IDS[index]!))))),
    );
  }
  await close();
  return answers;
}

function textOf(target: Target, runId: string): string {
  return JSON.stringify(target.recordOf(runId));
}

/** All that is claimed, without what is free, and without the ids, in which the runs differ. */
function claims(value: unknown, { free }: Target): unknown {
  const text = JSON.stringify(value, (key, each: unknown) => (free.includes(key) ? undefined : each));
  return JSON.parse(text.replaceAll(/20260629-121045-\d{6}/g, 'RUN'));
}

function artifactsOf(answer: Answer): Artifact[] {
  return answer.ok ? answer.run.participants.flatMap(({ artifacts }) => artifacts) : [];
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

/** Whatever stands in a manifest: a run, or a bounded refusal; plain JSON. */
function expectTyped(answer: Answer, { file }: Target): void {
  expect(JSON.parse(JSON.stringify(answer))).toStrictEqual(answer);
  if (answer.ok) return;
  // What is wrong with a participant hides no run.
  expect(file).toBe('manifest.json');
  expect(answer.error.code).toBe('MANIFEST_INVALID');
  if (answer.error.code !== 'MANIFEST_INVALID') return;
  const { issues } = answer.error;
  expect(issues.length).toBeGreaterThan(0);
  expect(issues.length).toBeLessThanOrEqual(20);
  for (const issue of issues) expect(Object.keys(issue)).toEqual(['path', 'message']);
  expect(JSON.stringify(answer.error).length).toBeLessThan(20 * 1_000);
}

/** What is damaged may be told or refused; what is called good has to be what the intact one claims. */
function expectHonest(answer: Answer, intact: Answer, target: Target): void {
  expectTyped(answer, target);
  if (!intact.ok || !answer.ok) return expect(intact.ok).toBe(true);
  if (answer.findings.length === 0) expect(claims(answer.run, target)).toEqual(claims(intact.run, target));
  const [sound] = artifactsOf(intact).map((each) => claims(each, { ...target, free: ['logical_name'] }));
  for (const each of artifactsOf(answer).filter(({ integrity_ok: isOk }) => isOk)) {
    expect(claims(each, { ...target, free: ['logical_name', 'validation_ok', 'validation_error'] })).toEqual(
      claims(sound, { ...target, free: ['validation_ok', 'validation_error'] }),
    );
  }
}

describe('getBackupRun() gives a typed answer, and calls nothing good that is not, for', () => {
  async function expectAllHonest(
    target: Target,
    name: string,
    broken: readonly ((text: string) => Uint8Array)[],
  ): Promise<void> {
    const [intact] = await askAll(target, [(runId) => textOf(target, runId)]);
    expect(intact).toMatchObject({ ok: true, findings: [], coverage: { complete: true, verified: 1 } });
    const answers = await askAll(
      target,
      broken.map((breaking) => (runId) => breaking(textOf(target, runId))),
    );
    for (const [index, answer] of answers.entries()) {
      expectHonest(answer, intact!, target);
      const bytes = broken[index]!(textOf(target, RUN_IDS[index % TOGETHER]!));
      if (!isJson(bytes)) expect(answer.ok && answer.findings.length === 0).toBe(false);
    }
    const refused = answers.filter(({ ok }) => !ok).length;
    const told = answers.filter((answer) => answer.ok && answer.findings.length > 0).length;
    const rest = answers.length - refused - told;
    tell(
      `${answers.length} ${name} of ${target.name}: ${refused} refused, ${told} told, ${rest} of no consequence`,
    );
  }

  it.each(TARGETS)('every truncation of $name', { timeout: 300_000 }, async (target) => {
    const lengths = Array.from({ length: textOf(target, RUN_IDS[0]!).length }, (_, length) => length);
    await expectAllHonest(
      target,
      'truncations',
      lengths.map((length) => (text) => Buffer.from(text).subarray(0, length)),
    );
  });

  it.each(TARGETS)('every flipped bit of $name', { timeout: 300_000 }, async (target) => {
    const bits = Array.from({ length: textOf(target, RUN_IDS[0]!).length * 8 }, (_, bit) => bit);
    await expectAllHonest(
      target,
      'flipped bits',
      bits.map((bit) => (text) => {
        const bytes = Buffer.from(text);
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        return bytes;
      }),
    );
  });
});

/** Something of the wrong kind, or too much of the right one. */
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(1e308, -1, 0.5, 2 ** 53, -0, '', '\ud800', '\0', '__proto__', 'a'.repeat(5_000), null),
  fc.constantFrom(
    Array.from({ length: 200 }, () => 0),
    Array.from({ length: 200 }, () => ({})),
  ),
  fc.constant({ participants: [{ artifacts: [{ logical_name: 1 }] }] }),
);

/** One change of a record: which of its places, and what then stands there; nothing when it is dropped. */
const change = fc.record({
  place: fc.nat(),
  deed: fc.oneof(
    fc.constant('drop' as const),
    fc.constant('prototype' as const),
    odd.map((value) => ({ value })),
  ),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

/** Every object and array of a record, with every key of it. */
function placesOf(value: unknown): [Record<string, unknown>, string][] {
  if (typeof value !== 'object' || value === null) return [];
  const record = value as Record<string, unknown>;
  return Object.keys(record).flatMap((key) => [[record, key], ...placesOf(record[key])]);
}

function mutate(record: object, changes: readonly Change[]): string {
  const copy = JSON.parse(JSON.stringify(record)) as object;
  for (const { place, deed } of changes) {
    const places = placesOf(copy);
    const [at, key] = places[place % Math.max(places.length, 1)] ?? [];
    if (at === undefined || key === undefined) break;
    if (deed === 'drop') Reflect.deleteProperty(at, key);
    else if (deed === 'prototype') {
      const value = { ...at, toString: 1, constructor: {} };
      Object.defineProperty(at, '__proto__', { value, enumerable: true, configurable: true, writable: true });
    } else at[key] = structuredClone(deed.value);
  }
  return JSON.stringify(copy);
}

describe('getBackupRun() gives a typed answer, whatever stands in', () => {
  const documents = fc.array(fc.oneof(fc.json({ maxDepth: 6 }), fc.string({ unit: 'binary' })), {
    minLength: TOGETHER,
    maxLength: TOGETHER,
  });

  it.each(TARGETS)('$name', { timeout: 300_000 }, async (target) => {
    await fc.assert(
      fc.asyncProperty(documents, async (texts) => {
        const answers = await askAll(
          target,
          texts.map((text) => () => text),
        );
        for (const answer of answers) expectTyped(answer, target);
      }),
      { numRuns: 8 },
    );
  });

  const changes = fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), {
    minLength: TOGETHER,
    maxLength: TOGETHER,
  });

  it.each(TARGETS)('$name with some of its values changed', { timeout: 300_000 }, async (target) => {
    await fc.assert(
      fc.asyncProperty(changes, async (all) => {
        const answers = await askAll(
          target,
          all.map((each) => (runId) => mutate(target.recordOf(runId), each)),
        );
        for (const answer of answers) expectTyped(answer, target);
      }),
      { numRuns: 8 },
    );
  });
});
