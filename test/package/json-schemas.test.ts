import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { participantManifestSchema, runManifestSchema } from '../../src/index.ts';
import { interpretParticipantFile, interpretRun } from '../../src/manifest/interpret.ts';
import { FIXTURES } from '../support/fixtures.ts';
import { RUN_ID, runManifest, tradesRecord } from '../support/runs.ts';
import { scratch } from '../support/scratch.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

type Schema = Record<string, unknown>;
type Accepted = { readonly value: unknown } | null;

/** One kind of manifest, and all who judge it. */
interface Kind {
  readonly file: string;
  readonly json: Schema;
  readonly validate: ValidateFunction;
  readonly schema: v.GenericSchema;
  /** What the library itself makes of it, in the two steps it reads it in. */
  interpret(value: unknown, name: string): ReturnType<typeof asAccepted>;
}

// Strict: a keyword it does not know, or a type that does not go with a keyword, throws.
const ajv = new Ajv2020({ strict: true, allErrors: true });

function kindOf(file: string, schema: v.GenericSchema, interpret: Kind['interpret']): Kind {
  const json = JSON.parse(readFileSync(join(PROJECT, 'schemas', `${file}.json`), 'utf8')) as Schema;
  return { file, json, validate: ajv.compile(json), schema, interpret };
}

/** The value, or null; an answer that depends on where the manifest stands is told apart by its issue. */
function asAccepted(parsed: { ok: true; value: unknown } | { ok: false; issues: readonly object[] }) {
  return parsed.ok ? { value: parsed.value, issues: [] } : { value: null, issues: parsed.issues };
}

const MANY = 100_000;

const RUN = kindOf('run-manifest', runManifestSchema, (value, runId) => {
  const parsed = interpretRun(value, runId, MANY);
  return asAccepted(
    parsed.ok
      ? { ok: true, value: { ...parsed.value.head, participants: parsed.value.listed } }
      : { ok: false, issues: parsed.issues },
  );
});
const PARTICIPANT = kindOf('participant-manifest', participantManifestSchema, (value, name) => {
  const parsed = interpretParticipantFile(value, RUN_ID, name);
  return asAccepted(parsed.ok ? { ok: true, value: parsed.value } : { ok: false, issues: parsed.issues });
});
const KINDS = [RUN, PARTICIPANT];

function accepted({ schema }: Kind, value: unknown): Accepted {
  const parsed = v.safeParse(schema, value);
  return parsed.success ? { value: parsed.output } : null;
}

/** Every schema of an object in a schema, and every property of one. */
function* within(schema: unknown, name: string): Generator<readonly [string, Schema]> {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [key, each] of Object.entries(schema)) {
    if (key === 'properties') {
      for (const [property, inner] of Object.entries(each as Schema)) {
        yield [`${name}.${property}`, inner as Schema];
        yield* within(inner, `${name}.${property}`);
      }
    } else yield* within(each, name);
  }
}

describe('the JSON Schemas of the package', () => {
  it('are what the sources make', { timeout: 300_000 }, async () => {
    const made = join(scratch(), 'schemas');
    await promisify(execFile)(process.execPath, [join(PROJECT, 'scripts/json-schemas.mjs'), made]);
    const files = readdirSync(made);
    expect(files).toEqual(readdirSync(join(PROJECT, 'schemas')));
    expect(files).toEqual(KINDS.map(({ file }) => `${file}.json`).toSorted());
    for (const file of files) {
      const text = readFileSync(join(PROJECT, 'schemas', file), 'utf8');
      expect(text, 'run `npm run schemas`').toBe(readFileSync(join(made, file), 'utf8'));
    }
  });

  it.each(KINDS)('name themselves and describe every property: $file', ({ file, json }) => {
    expect(json).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `urn:backup-run-inspector:${file}:1`,
      title: expect.stringMatching(/^[A-Z]/) as unknown,
      description: expect.stringMatching(/\.$/) as unknown,
    });
    const properties = [...within(json, '')];
    expect(properties.length).toBeGreaterThan(16);
    for (const [name, { description }] of properties) expect(description, name).toMatch(/\w.*\.$/);
    // What has a unit says which.
    const units = properties.filter(([, { type }]) => type === 'integer');
    for (const [name, { description }] of units) expect(description, name).toMatch(/bytes|Unix seconds/);
  });
});

/** Every manifest of the fixtures that is JSON; of one that is not, no schema is asked. */
const MANIFESTS = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8', withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.json') && entry.name !== 'expected.json')
  .map(({ parentPath, name }) => join(parentPath, name))
  .filter((file) => basename(file) === 'manifest.json' || basename(dirname(file)) === 'participants')
  .flatMap((file) => {
    const text = readFileSync(file);
    const about = { name: relative(FIXTURES, file).replaceAll('\\', '/'), file };
    try {
      return [
        { ...about, value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text)) as unknown },
      ];
    } catch {
      return [];
    }
  });

describe('a manifest of the fixtures is judged alike by an independent validator and the public schema', () => {
  it('in every way there is', () => {
    const verdicts = (kind: Kind, isRun: boolean) =>
      MANIFESTS.filter(({ file }) => (basename(file) === 'manifest.json') === isRun).map(
        ({ value }) => accepted(kind, value) !== null,
      );
    expect(new Set(verdicts(RUN, true)), 'good ones and bad ones').toEqual(new Set([true, false]));
    expect(new Set(verdicts(PARTICIPANT, false)), 'good ones and bad ones').toEqual(new Set([true, false]));
  });

  it.each(MANIFESTS)('$name', ({ file, value }) => {
    const isRun = basename(file) === 'manifest.json';
    const kind = isRun ? RUN : PARTICIPANT;
    const public_ = accepted(kind, value);
    expect(kind.validate(value)).toBe(public_ !== null);
    const internal = kind.interpret(value, isRun ? basename(dirname(file)) : basename(file, '.json'));
    if (public_ !== null && internal.value === null) {
      // No schema knows where a manifest stands: of another run, or under another name.
      expect(internal.issues).toEqual([
        {
          path: expect.stringMatching(/^(?:run_id|name)$/) as unknown,
          message: expect.any(String) as unknown,
        },
      ]);
    } else expect(internal.value).toEqual(public_ === null ? null : pathless(public_.value, isRun));
  });
});

/** What the library keeps of a record: a participant's file is known by its place. */
function pathless(value: unknown, isRun: boolean): unknown {
  if (isRun) return value;
  const { backup_format_version: _version, run_id: _runId, ...record } = value as Schema;
  return record;
}

/** What stands where something else should: of every JSON type, and at every edge of what is allowed. */
const ODD = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, '', 0, -0, 1, -1, 1.5, 2, 1e300, 2 ** 53, 2 ** 53 - 1, [], {}),
  fc.constantFrom(
    'trades',
    'full',
    'completed',
    'a..b',
    'a.',
    '.a',
    'con',
    'COM1.x',
    'a\n',
    'ä',
    'x'.repeat(129),
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

/** A manifest with some places of it changed, added to or taken away. */
function mutants(whole: object): fc.Arbitrary<unknown> {
  const change = fc.record({ place: fc.nat(), how: fc.constantFrom('set', 'delete', 'add'), to: ODD });
  return fc.array(change, { maxLength: 3 }).map((changes) => {
    let mutant = structuredClone(whole) as unknown;
    for (const { place, how, to } of changes) {
      const places = [...placesOf(mutant)];
      const at = places[place % (places.length + 1)];
      if (at === undefined) mutant = how === 'set' ? to : mutant;
      else if (how === 'set') Reflect.set(at.holder, at.key, to);
      else if (how === 'delete') Reflect.deleteProperty(at.holder, at.key);
      else Reflect.set(at.holder, Array.isArray(at.holder) ? at.holder.length : 'added', to);
    }
    // A hole of an array is null in JSON.
    return JSON.parse(JSON.stringify(mutant)) as unknown;
  });
}

function* placesOf(value: unknown): Generator<{ readonly holder: object; readonly key: string }> {
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    yield { holder: value, key };
    yield* placesOf(Reflect.get(value, key));
  }
}

const FULL_PARTICIPANT = tradesRecord(
  { 'trades.db': 'trades\n' },
  { backup_format_version: 1, run_id: RUN_ID, error: '' },
);
const FULL_RUN = runManifest({
  backup_format_version: 1,
  requested_participants: ['trades'],
  participants: ['accounts', FULL_PARTICIPANT],
});

describe('any JSON is judged alike by an independent validator, the public schema and the library', () => {
  it.each([
    { name: 'as a run manifest', kind: RUN, whole: FULL_RUN, at: RUN_ID, isRun: true },
    {
      name: 'as a participant manifest',
      kind: PARTICIPANT,
      whole: FULL_PARTICIPANT,
      at: 'trades',
      isRun: false,
    },
  ])('$name', ({ kind, whole, at, isRun }) => {
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(mutants(whole), (value) => {
        const public_ = accepted(kind, value);
        seen[public_ === null ? 'refused' : 'accepted'] += 1;
        expect(kind.validate(value)).toBe(public_ !== null);
        const { value: internal } = kind.interpret(value, at);
        if (public_ === null || isAt(public_.value, at, isRun)) {
          expect(internal).toEqual(public_ === null ? null : pathless(public_.value, isRun));
        } else expect(internal).toBeNull();
      }),
      { numRuns: 3_000 },
    );
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(300);
  });
});

/** Whether a manifest is the one of its place. */
function isAt(value: unknown, at: string, isRun: boolean): boolean {
  const { run_id: runId = RUN_ID, name } = value as Schema;
  return runId === RUN_ID && (isRun || name === at);
}
