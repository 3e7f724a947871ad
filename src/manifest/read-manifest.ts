/**
 * Reads manifests of one run. One that is torn, or does not parse, or is not there yet may be being written: it is looked at
 * again for a while, all of them together, until it changes.
 */

import type { Io, Stats } from '../fs/calls.ts';
import { PathChanged, errnoOf } from '../fs/errno.ts';
import { isSameRevision, type Handle, type Kind } from '../fs/handle.ts';
import { readStable } from '../fs/stable-read.ts';
import { parseJson, type JsonLimits } from './json.ts';
import type { Parsed } from './schemas.ts';
import { moreThanOne, sentenceOf, type ManifestIssue } from '../model/errors.ts';
import { now } from '../concurrency/clock.ts';

/** One manifest to be read. */
export interface WantedManifest<T> {
  /** Where it is, from the run directory. */
  readonly names: readonly string[];
  /** The same in the form of answers. */
  readonly path: string;
  /** Takes how many bytes it has, before they are parsed; throws where all of a run have too many. */
  readonly count: (bytes: number) => void;
  readonly interpret: (value: unknown) => Parsed<T>;
  /** Whether it may appear in a moment. */
  readonly mayAppear: boolean;
  /** Set where reading it stalled before: it is not read again. */
  readonly stalled: unknown;
}

/** What came of it. A fault of the disk stands for itself: the other manifests go on. */
export type ManifestRead<T> =
  | { readonly type: 'record'; readonly value: T; readonly stats: Stats }
  | { readonly type: 'absent' }
  | { readonly type: 'not-regular'; readonly kind: Kind }
  | { readonly type: 'invalid'; readonly issues: readonly ManifestIssue[]; readonly stats: Stats | null }
  | { readonly type: 'failed'; readonly fault: unknown };

/** How large a manifest may be, and how long its writer is waited for. */
export interface ManifestLimits extends JsonLimits {
  readonly bytes: number;
  /** Milliseconds before each further look. */
  readonly pauses: readonly number[];
}

/** Milliseconds before each further look at what may be being written, 50 in all. */
export const WRITER_PAUSES = [1, 2, 4, 8, 16, 19];

/** Milliseconds after which there is no further look, however long the looks themselves take. */
const WRITER_TIME = 75;

const NEVER_STABLE: ManifestIssue = { path: '', message: 'it changed whenever it was read' };

/** Reads manifests of one run directory; results in the order of `wanted`. */
export async function readManifests<T>(
  run: Handle,
  wanted: readonly WantedManifest<T>[],
  limits: ManifestLimits,
  io: Io,
): Promise<ManifestRead<T>[]> {
  const results: ManifestRead<T>[] = [];
  for (const each of wanted) {
    if (io.isDue()) await io.turn();
    results.push(readOnce(run, each, limits, null, io));
  }
  const since = now();
  for (const milliseconds of limits.pauses) {
    if (now() - since > WRITER_TIME) break;
    if (!wanted.some((each, index) => mayChange(each, results[index]))) break;
    await io.pause(milliseconds);
    for (const [index, each] of wanted.entries()) {
      const before = results[index];
      if (mayChange(each, before)) results[index] = readOnce(run, each, limits, before ?? null, io);
    }
  }
  return results;
}

function mayChange<T>(wanted: WantedManifest<T>, result: ManifestRead<T> | undefined): boolean {
  if (result?.type === 'failed') return result.fault instanceof PathChanged;
  return result?.type === 'invalid' || (result?.type === 'absent' && wanted.mayAppear);
}

function readOnce<T>(
  run: Handle,
  wanted: WantedManifest<T>,
  limits: ManifestLimits,
  before: ManifestRead<T> | null,
  io: Io,
): ManifestRead<T> {
  if (wanted.stalled !== null) return { type: 'failed', fault: wanted.stalled };
  io.at(wanted.path);
  try {
    const read = readStable(io, run, wanted.names, limits.bytes);
    if (read.type === 'absent' || read.type === 'not-regular') return read;
    if (read.type === 'torn') return { type: 'invalid', issues: [NEVER_STABLE], stats: null };
    if (isUnchanged(before, read.stats)) return before;
    if (read.type === 'too-large') {
      const message = `expected at most ${limits.bytes} bytes, found ${read.size}`;
      return { type: 'invalid', issues: [{ path: '', message }], stats: read.stats };
    }
    if (before === null) wanted.count(read.bytes.length);
    const json = parseJson(read.bytes, limits);
    const parsed = json.ok ? wanted.interpret(json.value) : json;
    return parsed.ok
      ? { type: 'record', value: parsed.value, stats: read.stats }
      : { type: 'invalid', issues: parsed.issues, stats: read.stats };
  } catch (fault) {
    if (errnoOf(fault) === null) throw fault;
    return { type: 'failed', fault };
  }
}

/** Whether the last look saw the same revision, which need not be parsed again. */
function isUnchanged<T>(
  before: ManifestRead<T> | null,
  stats: Stats,
): before is ManifestRead<T> & { readonly type: 'invalid' } {
  return before?.type === 'invalid' && before.stats !== null && isSameRevision(before.stats, stats);
}

/** The first issue of an invalid manifest, and how many more there are, as a part of a sentence. */
export function reasonOf(issues: readonly ManifestIssue[]): string {
  const [first = NEVER_STABLE] = issues;
  return sentenceOf(first) + moreThanOne(issues.length);
}
