/**
 * Manifests to be read come in, their records go out, or why there are none. One that is torn, or does not parse, or is
 * not there yet may be being written: it is looked at again for a while, all of them together, until it changes.
 */

import { sentenceOf, type ManifestIssue } from '../errors.ts';
import { pause, type Plan, type Stats } from '../store/calls.ts';
import { Churned, errnoOf } from '../store/errno.ts';
import { isSameRevision, type Kind, type Pin } from '../store/pin.ts';
import { readStable } from '../store/stable-read.ts';
import { parseJson, type JsonLimits } from './json.ts';
import type { Parsed } from './schemas.ts';

/** One manifest to be read. */
export interface Wanted<T> {
  /** Where it is, from the run directory. */
  readonly names: readonly string[];
  readonly interpret: (value: unknown) => Plan<Parsed<T>>;
  /** Whether it may appear in a moment. */
  readonly mayAppear: boolean;
}

/** What came of it. */
export type ManifestRead<T> =
  | { readonly found: 'record'; readonly value: T; readonly stats: Stats }
  | { readonly found: 'absent' }
  | { readonly found: 'not regular'; readonly kind: Kind }
  | { readonly found: 'invalid'; readonly issues: readonly ManifestIssue[]; readonly stats: Stats | null };

/** How large a manifest may be. */
export interface ManifestLimits extends JsonLimits {
  readonly bytes: number;
}

/** Milliseconds before each further look, 50 in all. */
const PAUSES = [1, 2, 4, 8, 16, 19];

/** Milliseconds after which there is no further look, however long the looks themselves take. */
const PATIENCE = 75;

const NEVER_STABLE: ManifestIssue = { path: '', message: 'it changed whenever it was read' };

/**
 * Reads manifests of one run directory; results in the order of `wanted`, behind those that `results` has already, so that
 * they are there when a call never comes back. A fault of the disk stands for a result.
 */
export function* readManifests<T>(
  run: Pin,
  wanted: readonly Wanted<T>[],
  limits: ManifestLimits,
  results: (ManifestRead<T> | Fault)[],
): Plan<(ManifestRead<T> | Fault)[]> {
  for (const each of wanted.slice(results.length)) results.push(yield* readOnce(run, each, limits, null));
  const since = performance.now();
  for (const milliseconds of PAUSES) {
    if (performance.now() - since > PATIENCE) break;
    if (!wanted.some((each, index) => mayChange(each, results[index]))) break;
    yield* pause(milliseconds);
    for (const [index, each] of wanted.entries()) {
      const before = results[index];
      if (mayChange(each, before)) results[index] = yield* readOnce(run, each, limits, before ?? null);
    }
  }
  return results;
}

/** A fault of the disk in place of a result: the other manifests go on. */
export interface Fault {
  readonly found: 'fault';
  readonly fault: unknown;
}

function mayChange<T>(wanted: Wanted<T>, result: ManifestRead<T> | Fault | undefined): boolean {
  if (result?.found === 'fault') return result.fault instanceof Churned;
  return result?.found === 'invalid' || (result?.found === 'absent' && wanted.mayAppear);
}

function* readOnce<T>(
  run: Pin,
  wanted: Wanted<T>,
  limits: ManifestLimits,
  before: ManifestRead<T> | Fault | null,
): Plan<ManifestRead<T> | Fault> {
  try {
    const read = yield* readStable(run, wanted.names, limits.bytes);
    if (read.found === 'absent' || read.found === 'not regular') return read;
    if (read.found === 'torn') return { found: 'invalid', issues: [NEVER_STABLE], stats: null };
    if (isUnchanged(before, read.stats)) return before;
    if (read.found === 'too large') {
      const message = `expected at most ${limits.bytes} bytes, found ${read.size}`;
      return { found: 'invalid', issues: [{ path: '', message }], stats: read.stats };
    }
    const json = yield* parseJson(read.bytes, limits);
    const parsed = json.ok ? yield* wanted.interpret(json.value) : json;
    return parsed.ok
      ? { found: 'record', value: parsed.value, stats: read.stats }
      : { found: 'invalid', issues: parsed.issues, stats: read.stats };
  } catch (fault) {
    if (errnoOf(fault) === null) throw fault;
    return { found: 'fault', fault };
  }
}

/** Whether the last look saw the same revision, which need not be parsed again. */
function isUnchanged<T>(
  before: ManifestRead<T> | Fault | null,
  stats: Stats,
): before is ManifestRead<T> & { readonly found: 'invalid' } {
  return before?.found === 'invalid' && before.stats !== null && isSameRevision(before.stats, stats);
}

/** The first issue of an invalid manifest, as a part of a sentence. */
export function reasonOf(issues: readonly ManifestIssue[]): string {
  const [first = NEVER_STABLE] = issues;
  return sentenceOf(first);
}
