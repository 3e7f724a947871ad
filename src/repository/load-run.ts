/** A held run directory comes in, its record goes out: the run manifest, and what stands in its participants' files. */

import type { Cancellation } from '../cancellation.ts';
import { manifestInvalid, manifestMissing, Refusal, unsafe } from '../errors.ts';
import type { InspectionLimits } from '../limits.ts';
import { textOf } from '../quote.ts';
import type { Plan, Stats } from '../store/calls.ts';
import type { Session } from '../store/disk.ts';
import { errnoOf, refusalOf, shortageOf, Stalled } from '../store/errno.ts';
import { find, type Unlistable } from '../store/find.ts';
import {
  MANIFEST_ENDING,
  NAME,
  PARTICIPANTS,
  participantManifest,
  RUN_MANIFEST,
  runManifestPath,
  statusOf,
} from '../store/layout.ts';
import { isSameRevision } from '../store/pin.ts';
import type { Located } from '../store/resolve.ts';
import type { ParticipantRecord } from './format.ts';
import { interpretParticipantFile, interpretRun, tooMany, type RunRecord } from './interpret.ts';
import {
  readManifests,
  reasonOf,
  type Fault,
  type ManifestLimits,
  type ManifestRead,
  type Wanted,
} from './read.ts';
import type { Parsed } from './schemas.ts';

/** What stands in a participant's file. */
export type FileRecord =
  | { readonly found: 'record'; readonly value: ParticipantRecord }
  | { readonly found: 'broken'; readonly reason: string }
  | { readonly found: 'absent' };

/** Everything a run's manifests say. */
export interface LoadedRun extends RunRecord {
  /** By participant name, those found on disk and those that were named. */
  readonly files: ReadonlyMap<string, FileRecord>;
  /** Of the run manifest. */
  readonly stats: Stats;
  /** Directories of participants' files that could not be listed. */
  readonly unlistable: readonly Unlistable[];
  /** Whether every participant's file could be found and read. */
  readonly wholly: boolean;
}

/** How often a run is read whose manifest is rewritten meanwhile. */
const ATTEMPTS = 10;

/** A run manifest that was read. */
export type RunManifest = ManifestRead<RunRecord> & { readonly found: 'record' };

/** Loads the record of a run; rejects with a `Refusal` when there is none. */
export async function loadRun(
  disk: Session,
  run: Located,
  limits: InspectionLimits,
  cancellation: Cancellation,
): Promise<LoadedRun> {
  let manifest = await loadManifest(disk, run, limits, cancellation);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const participants = await loadParticipants(disk, run, manifest.value, limits, cancellation);
    const again = await loadManifest(disk, run, limits, cancellation);
    // Otherwise manifest and participants would be of two moments.
    if (isSameRevision(manifest.stats, again.stats))
      return { ...manifest.value, ...participants, stats: again.stats };
    manifest = again;
  }
  const issues = [{ path: '', message: 'it was rewritten whenever the participants were read' }];
  throw new Refusal(manifestInvalid(runManifestPath(run.path), issues));
}

/** Whether the record still stands as it was loaded; rejects with a `Refusal` when there is none any more. */
export async function isUnchanged(
  disk: Session,
  run: Located,
  loaded: LoadedRun,
  limits: InspectionLimits,
  cancellation: Cancellation,
): Promise<boolean> {
  const again = await loadManifest(disk, run, limits, cancellation);
  return isSameRevision(loaded.stats, again.stats);
}

/** Loads the run manifest alone; rejects with a `Refusal` when there is none. */
export async function loadManifest(
  disk: Session,
  run: Located,
  limits: InspectionLimits,
  cancellation: Cancellation,
): Promise<RunManifest> {
  const path = runManifestPath(run.path);
  const wanted = {
    names: [RUN_MANIFEST],
    interpret: (value: unknown) => interpretRun(value, run.runId, limits.participants),
    mayAppear: statusOf(run.directory) === 'running',
  };
  const read = await disk
    .perform(readManifests(run.pin, [wanted], manifestLimits(limits), []), cancellation)
    .then(([first]): ManifestRead<RunRecord> | Fault => first ?? { found: 'absent' })
    .catch((fault: unknown): Fault => ({ found: 'fault', fault }));
  switch (read.found) {
    case 'record':
      return read;
    case 'absent':
      throw new Refusal(manifestMissing(path));
    case 'not regular':
      throw new Refusal(unsafe(path, 'regular file', read.kind));
    case 'invalid':
      throw new Refusal(manifestInvalid(path, read.issues));
    default:
      throw refusalOf(read.fault, path);
  }
}

async function loadParticipants(
  disk: Session,
  run: Located,
  record: RunRecord,
  limits: InspectionLimits,
  cancellation: Cancellation,
): Promise<Pick<LoadedRun, 'files' | 'unlistable' | 'wholly'>> {
  const quest = { below: run.pin, within: [PARTICIPANTS], pattern: `*${MANIFEST_ENDING}` };
  const search = await find(disk, quest, cancellation);
  const onDisk = search.found.map((found) => nameOf(found.names.at(-1)));
  const listed = record.listed.map((item) => (typeof item === 'string' ? item : item.name));
  const names = [...new Set([...listed, ...onDisk, ...record.head.requested_participants])];
  const excess = tooMany(limits.participants, 'participants', names.length);
  if (excess !== null) {
    const issues = [{ path: 'participants', message: excess }];
    throw new Refusal(manifestInvalid(runManifestPath(run.path), issues));
  }
  let artifacts = 0;
  /** Counts while they are loaded: what is over the limit must not fill memory first. */
  function* counted(interpreting: Plan<Parsed<ParticipantRecord>>): Plan<Parsed<ParticipantRecord>> {
    const parsed = yield* interpreting;
    artifacts += parsed.ok ? parsed.value.artifacts.length : 0;
    const crowded = tooMany(limits.artifacts, 'artifacts', artifacts);
    if (crowded === null) return parsed;
    throw new Refusal(manifestInvalid(runManifestPath(run.path), [{ path: '', message: crowded }]));
  }
  const proper = names.filter((name) => NAME.test(name));
  const wanted = proper.map((name) => ({
    names: participantManifest(name),
    interpret: (value: unknown) => counted(interpretParticipantFile(value, run.runId, name)),
    mayAppear: false,
  }));
  const reads = await readAll(disk, run, wanted, limits, cancellation);
  const files = new Map<string, FileRecord>(names.map((name) => [name, MISNAMED]));
  for (const [index, name] of proper.entries()) files.set(name, fileRecord(reads[index]));
  const wholly = search.unlistable.length === 0 && reads.every((read) => read.found !== 'fault');
  return { files, unlistable: search.unlistable, wholly };
}

/** Reads participants' files; one that hung storage holds stands for itself, and the others go on. */
async function readAll(
  disk: Session,
  run: Located,
  wanted: readonly Wanted<ParticipantRecord>[],
  limits: InspectionLimits,
  cancellation: Cancellation,
): Promise<(ManifestRead<ParticipantRecord> | Fault)[]> {
  const reads: (ManifestRead<ParticipantRecord> | Fault)[] = [];
  for (;;) {
    try {
      await disk.perform(readManifests(run.pin, wanted, manifestLimits(limits), reads), cancellation);
      return reads;
    } catch (fault) {
      if (!(fault instanceof Stalled)) throw refusalOf(fault, `${run.path}/${PARTICIPANTS}`);
      if (reads.length === wanted.length) return reads;
      reads.push({ found: 'fault', fault });
    }
  }
}

const MISNAMED: FileRecord = { found: 'broken', reason: 'its name is none of the run id grammar' };

function fileRecord(read: ManifestRead<ParticipantRecord> | Fault | undefined): FileRecord {
  switch (read?.found) {
    case 'record':
      return read;
    case 'not regular':
      return { found: 'broken', reason: `not a regular file but a ${read.kind}` };
    case 'invalid':
      return { found: 'broken', reason: reasonOf(read.issues) };
    case 'fault': {
      const errno = shortageOf(read.fault) === null ? errnoOf(read.fault) : null;
      if (errno === null) throw refusalOf(read.fault, PARTICIPANTS);
      return { found: 'broken', reason: errno };
    }
    default:
      return { found: 'absent' };
  }
}

/** The participant a file is named after, as text whatever its bytes. */
function nameOf(file: Buffer | undefined): string {
  return textOf(file ?? Buffer.alloc(0)).slice(0, -MANIFEST_ENDING.length);
}

function manifestLimits(limits: InspectionLimits): ManifestLimits {
  // An artifact's record has up to eight keys; the rest is room for keys this version does not know.
  const tokens = 100_000 + 32 * (limits.artifacts + limits.participants);
  return { bytes: limits.manifestBytes, depth: limits.manifestDepth, tokens };
}
