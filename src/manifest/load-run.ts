/** Loads the record of a held run: the run manifest, and what stands in its participants' files. */

import { isDeepStrictEqual } from 'node:util';
import type { Io, Stats } from '../fs/calls.ts';
import { errnoOf, refusalOf, shortageOf, Stalled } from '../fs/errno.ts';
import { isCtimeMoved, isSameRevision } from '../fs/handle.ts';
import { listParticipants, type Unlistable } from '../repository/list-participants.ts';
import { participantManifest, RUN_MANIFEST, runManifestPath, statusOf } from '../repository/layout.ts';
import { NAME } from '../repository/names.ts';
import type { LocatedRun } from '../repository/locate-run.ts';
import { manifestInvalid, manifestMissing, Refusal, unsafe } from '../model/errors.ts';
import type { InspectionLimits } from '../model/limits.ts';
import type { ParticipantRecord } from './format.ts';
import { interpretParticipantFile, interpretRun, tooMany, type RunRecord } from './interpret.ts';
import type { FileRecord } from './merge.ts';
import { readManifests, reasonOf, type ManifestLimits, type ManifestRead } from './read-manifest.ts';
import type { Parsed } from './schemas.ts';

/** How the record of a run is loaded. */
export interface LoadOptions {
  readonly limits: InspectionLimits;
  /** Paths, in the form of answers, of what stalled before: it is not read again. */
  readonly stalled: readonly string[];
  /** After which it counted as stalled. */
  readonly stallTimeoutMs: number;
  /** Milliseconds before each further look at a manifest that may be being written. */
  readonly pauses: readonly number[];
}

/** Everything a run's manifests say. */
export interface LoadedRecord extends RunRecord {
  /** By participant name, those found on disk and those that were named. */
  readonly files: ReadonlyMap<string, FileRecord>;
  /** Of the run manifest. */
  readonly stats: Stats;
  /** Directories of participants' files that could not be listed. */
  readonly unlistable: readonly Unlistable[];
  /** Whether every participant's file could be found and read. */
  readonly isComplete: boolean;
}

/** A run manifest that was read. */
export interface LoadedRunManifest {
  readonly value: RunRecord;
  readonly stats: Stats;
}

/** How often a run is read whose manifest is rewritten meanwhile. */
const LOAD_ATTEMPTS = 10;

/** Loads the record of a run; throws a `Refusal` when there is none. */
export async function loadRecord(run: LocatedRun, options: LoadOptions, io: Io): Promise<LoadedRecord> {
  let manifest = await loadManifest(run, options, io);
  for (let attempt = 1; attempt <= LOAD_ATTEMPTS; attempt += 1) {
    const participants = await loadParticipants(run, manifest, options, io);
    // Otherwise manifest and participants would be of two moments.
    const now = manifestStats(run, io);
    if (now !== null && isSameRevision(manifest.stats, now))
      return { ...manifest.value, ...participants, stats: manifest.stats };
    const again = await loadManifest(run, options, io);
    // Where only the time of change moves, and of some storage it does with every look, a second read that agrees is believed.
    if (isCtimeMoved(manifest.stats, again.stats) && isDeepStrictEqual(manifest.value, again.value))
      return { ...again.value, ...participants, stats: again.stats };
    manifest = again;
  }
  const issues = [{ path: '', message: 'it was rewritten whenever the participants were read' }];
  throw new Refusal(manifestInvalid(runManifestPath(run.path), issues));
}

/** Stats of the run manifest as it stands now; null when there is none. */
export function manifestStats(run: Pick<LocatedRun, 'handle' | 'path'>, io: Io): Stats | null {
  const path = runManifestPath(run.path);
  io.at(path);
  try {
    return run.handle.look(RUN_MANIFEST);
  } catch (fault) {
    throw refusalOf(fault, path);
  }
}

/** Loads the run manifest alone; throws a `Refusal` when there is none. */
export async function loadManifest(
  run: LocatedRun,
  { limits, pauses }: Pick<LoadOptions, 'limits' | 'pauses'>,
  io: Io,
): Promise<LoadedRunManifest> {
  const path = runManifestPath(run.path);
  const wanted = {
    names: [RUN_MANIFEST],
    path,
    // No more than one manifest may have.
    count: () => undefined,
    interpret: (value: unknown) => interpretRun(value, run.runId, limits.participants),
    mayAppear: statusOf(run.directory) === 'running',
    stalled: null,
  };
  const [read = { type: 'absent' }] = await readManifests(
    run.handle,
    [wanted],
    manifestLimits(limits, pauses),
    io,
  );
  switch (read.type) {
    case 'record':
      return read;
    case 'absent':
      throw new Refusal(manifestMissing(path));
    case 'not-regular':
      throw new Refusal(unsafe(path, 'regular file', read.kind));
    case 'invalid':
      throw new Refusal(manifestInvalid(path, read.issues));
    default:
      throw refusalOf(read.fault, path);
  }
}

async function loadParticipants(
  run: LocatedRun,
  manifest: LoadedRunManifest,
  { limits, stalled, stallTimeoutMs, pauses }: LoadOptions,
  io: Io,
): Promise<Pick<LoadedRecord, 'files' | 'unlistable' | 'isComplete'>> {
  const { value: record } = manifest;
  const onDisk = await listParticipants(run, stalled, io);
  const listed = record.listed.map((item) => (typeof item === 'string' ? item : item.name));
  const names = [...new Set([...listed, ...onDisk.names, ...record.head.requested_participants])];
  const excess = tooMany(limits.participants, 'participants', names.length);
  if (excess !== null) throw invalidManifest(run, 'participants', excess);
  const counter = createCounter(run, limits, Number(manifest.stats.size));
  const proper = names.filter((name) => NAME.test(name));
  const wanted = proper.map((name) => {
    const its = participantManifest(name);
    const path = [run.path, ...its].join('/');
    return {
      names: its,
      path,
      count: counter.bytes,
      interpret: (value: unknown) => counter.artifacts(interpretParticipantFile(value, run.runId, name)),
      mayAppear: false,
      stalled: stalled.includes(path) ? new Stalled(stallTimeoutMs) : null,
    };
  });
  const reads = await readManifests(run.handle, wanted, manifestLimits(limits, pauses), io);
  const files = new Map<string, FileRecord>(names.map((name) => [name, MISNAMED]));
  for (const [index, name] of proper.entries())
    files.set(name, fileRecord(reads[index], wanted[index]?.path ?? ''));
  const isComplete = onDisk.unlistable.length === 0 && reads.every((read) => read.type !== 'failed');
  return { files, unlistable: onDisk.unlistable, isComplete };
}

/** Counts what manifests hold while they are loaded: what is over a limit must not fill memory first. */
interface ContentsCounter {
  readonly bytes: (count: number) => void;
  readonly artifacts: (parsed: Parsed<ParticipantRecord>) => Parsed<ParticipantRecord>;
}

function createCounter(run: LocatedRun, limits: InspectionLimits, manifestBytes: number): ContentsCounter {
  let bytes = manifestBytes;
  let artifacts = 0;
  const refuse = (excess: string | null): void => {
    if (excess !== null) throw invalidManifest(run, '', excess);
  };
  return {
    bytes(count) {
      bytes += count;
      refuse(tooMany(limits.runBytes, 'bytes of manifests', bytes));
    },
    artifacts(parsed) {
      artifacts += parsed.ok ? parsed.value.artifacts.length : 0;
      refuse(tooMany(limits.artifacts, 'artifacts', artifacts));
      return parsed;
    },
  };
}

/** The refusal of a run whose manifests say too much together. */
export function invalidManifest(
  { path: run }: Pick<LocatedRun, 'path'>,
  path: string,
  message: string,
): Refusal {
  return new Refusal(manifestInvalid(runManifestPath(run), [{ path, message }]));
}

const MISNAMED: FileRecord = { type: 'broken', reason: 'its name is no participant name' };

function fileRecord(read: ManifestRead<ParticipantRecord> | undefined, path: string): FileRecord {
  switch (read?.type) {
    case 'record':
      return read;
    case 'not-regular':
      return { type: 'broken', reason: `not a regular file but a ${read.kind}` };
    case 'invalid':
      return { type: 'broken', reason: reasonOf(read.issues) };
    case 'failed': {
      const errno = shortageOf(read.fault) === null ? errnoOf(read.fault) : null;
      if (errno === null) throw refusalOf(read.fault, path);
      return { type: 'broken', reason: errno };
    }
    default:
      return { type: 'absent' };
  }
}

function manifestLimits(limits: InspectionLimits, pauses: readonly number[]): ManifestLimits {
  // An artifact's record has up to eight keys; the rest is room for keys this version does not know.
  const tokens = 100_000 + 32 * (limits.artifacts + limits.participants);
  return { bytes: limits.manifestBytes, depth: limits.manifestDepth, tokens, pauses };
}
