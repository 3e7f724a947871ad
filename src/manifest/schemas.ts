/** Schemas of run manifests and participant records of the format's version 1; issues hold a path and words, never a value. */

import * as v from 'valibot';
import type { ManifestIssue } from '../model/errors.ts';
import { PARTICIPANT_STATUSES, RUN_STATUSES, RUN_TRIGGERS, RUN_TYPES } from '../model/run.ts';
import { bare } from '../model/bare.ts';
import { describe } from '../model/printable.ts';
import { NAME, RUN_ID } from '../repository/names.ts';
import type { ArtifactRecord, ParticipantManifest, ParticipantRecord, RunManifest } from './format.ts';

/** The version of the on-disk format this library reads. */
const FORMAT_VERSION = 1;

const wants =
  (what: string) =>
  (issue: { readonly input: unknown; readonly expected: string | null }): string =>
    `expected ${issue.input === undefined ? 'a value' : what}, found ${describe(issue.input)}`;

const text = v.string(wants('a string'));
const flag = v.boolean(wants('a boolean'));
const COUNT = wants('a safe non-negative integer');
/** Bytes. */
const byteCount = v.pipe(v.number(COUNT), v.safeInteger(COUNT), v.minValue(0, COUNT));
/** The last second of the year 9999. */
const LAST_SECOND = 253_402_300_799;
const SECONDS = (issue: { readonly input: unknown }): string =>
  `expected Unix seconds up to the year 9999, found ${describe(issue.input)}: are these milliseconds?`;
/** Unix seconds. */
const seconds = v.config(v.pipe(byteCount, v.maxValue(LAST_SECOND, SECONDS)), { abortPipeEarly: true });
const name = v.pipe(v.string(wants('a string')), v.regex(NAME, wants('a participant name')));
const runId = v.pipe(v.string(wants('a string')), v.regex(RUN_ID, wants('a run id')));
const version = absent(v.literal(FORMAT_VERSION, wants(String(FORMAT_VERSION))));

/** What may be absent; null says the same, as writers in Go and Python do. */
function absent<Item extends v.GenericSchema>(item: Item) {
  return v.nullish(item, () => undefined);
}

function oneOf<const Options extends readonly string[]>(...options: Options) {
  return v.picklist(options, wants(`one of ${options.join(', ')}`));
}

function list<Item extends v.GenericSchema>(item: Item) {
  return v.nullish(v.array(item, wants('an array')), []);
}

/** A file a participant claims to have produced. */
export const artifactSchema: v.GenericSchema<unknown, ArtifactRecord> = v.object(
  bare({
    logical_name: text,
    path: absent(text),
    size_bytes: absent(byteCount),
    sha256: absent(text),
    integrity_ok: absent(flag),
    integrity_error: absent(text),
    validation_ok: absent(flag),
    validation_error: absent(text),
  }),
  wants('an object'),
);

const participantEntries = {
  name,
  critical: flag,
  ok: flag,
  status: oneOf(...PARTICIPANT_STATUSES),
  started_at: seconds,
  finished_at: seconds,
  error: v.nullish(text, ''),
};

/** A participant record as it stands inside a run manifest. */
const inlineParticipantSchema: v.GenericSchema<unknown, ParticipantRecord> = v.object(
  bare({ ...participantEntries, artifacts: list(artifactSchema) }),
  wants('an object'),
);

/** A list whose items are still unread, however many there are. */
const unread = v.nullish(
  v.custom<readonly unknown[]>((value) => Array.isArray(value), wants('an array')),
  [],
);

/** A participant record whose artifacts are still unread. */
export const participantHeadSchema = v.object(
  bare({ ...participantEntries, artifacts: unread }),
  wants('an object'),
);

/**
 * Validates a participant manifest, `participants/<name>.json` in a run directory; a valibot schema and a Standard Schema.
 * Keys that are not known are dropped, and what is absent gets its default. That the name is the file's is not its to see.
 */
export const participantManifestSchema: v.GenericSchema<unknown, ParticipantManifest> = v.object(
  bare({
    backup_format_version: version,
    run_id: absent(runId),
    ...participantEntries,
    artifacts: list(artifactSchema),
  }),
  wants('an object'),
);

const runEntries = {
  run_id: runId,
  type: oneOf(...RUN_TYPES),
  trigger: oneOf(...RUN_TRIGGERS),
  status: oneOf(...RUN_STATUSES),
  started_at: seconds,
  finished_at: v.nullish(seconds, 0),
  error_summary: v.nullish(text, ''),
  requested_participants: list(name),
};

/**
 * Validates a run manifest, `manifest.json` in a run directory; a valibot schema and a Standard Schema. Keys that are not
 * known are dropped, and what is absent gets its default. That the run id is the directory's is not its to see.
 */
export const runManifestSchema: v.GenericSchema<unknown, RunManifest> = v.object(
  bare({
    backup_format_version: version,
    ...runEntries,
    participants: list(v.union([name, inlineParticipantSchema], wants('a name or a participant'))),
  }),
  wants('an object'),
);

/** The manifest of a run, but for its participants. */
export const runHeadSchema = v.object(
  bare({ backup_format_version: version, ...runEntries }),
  wants('an object'),
);

/** That participants are a list, whatever is in it. */
export const participantListSchema = v.object(bare({ participants: unread }), wants('an object'));

/** What is looked at before anything else: another version may mean anything by the rest. */
export const versionSchema = v.object(bare({ backup_format_version: version }), wants('an object'));

/** What says whose file a participant manifest is. */
export const belongingSchema = v.object(bare({ run_id: absent(runId) }));

export { name as nameSchema };

/** The record of a run, but for its participants. */
export type RunHead = Omit<v.InferOutput<typeof runHeadSchema>, 'backup_format_version'>;

/** A value, or what is wrong with it. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly ManifestIssue[] };

const notAnArray = v.pipe(
  v.unknown(),
  v.check(() => false, wants('an object')),
);

/** Validates a value that stands at `at` in its manifest. No part of a manifest that has a schema is an array. */
export function parse<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  at: readonly (string | number)[] = [],
): Parsed<v.InferOutput<Schema>> {
  // To valibot an array is an object that lacks every key.
  const result = v.safeParse(Array.isArray(value) ? notAnArray : schema, value);
  if (result.success) return { ok: true, value: result.output };
  // Only path and words leave: an issue of valibot's holds the whole input.
  const issues = result.issues.map((issue) => ({
    path: [...at, ...(issue.path ?? []).map((item) => String(item.key))].join('.'),
    message: issue.message,
  }));
  return { ok: false, issues };
}
