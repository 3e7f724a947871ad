/** The names on disk: every path segment of a backups directory is spelled here and nowhere else. */

import { platform } from 'node:os';
import type { RunStatus } from '../model/run.ts';
import { LOST_AND_FOUND, RUN_ID } from './names.ts';

/** The run manifest, in the run directory. */
export const RUN_MANIFEST = 'manifest.json';

/** The directory of the participant manifests, in the run directory. */
export const PARTICIPANTS = 'participants';

/** What the name of a participant manifest ends with. */
export const MANIFEST_ENDING = '.json';

/**
 * The status directories in look-up order, with the statuses a manifest in them may have.
 * Those being written come first: a run is published by a rename out of them, so that whoever looks there
 * first and in the published ones afterwards cannot miss it.
 */
export const STATUS_DIRECTORIES = {
  '.running': ['running'],
  running: ['running'],
  completed: ['completed', 'partial'],
  failed: ['failed', 'partial', 'cancelled', 'timeout'],
  partial: ['partial'],
  cancelled: ['cancelled'],
  timeout: ['timeout'],
} as const satisfies Record<string, readonly RunStatus[]>;

/** A directory of the root that holds runs. */
export type StatusDirectory = keyof typeof STATUS_DIRECTORIES;

function isStatusDirectory(name: string): name is StatusDirectory {
  return Object.hasOwn(STATUS_DIRECTORIES, name);
}

/** The order in which runs are looked for. */
export const LOOK_UP_ORDER: readonly StatusDirectory[] =
  Object.keys(STATUS_DIRECTORIES).filter(isStatusDirectory);

/** The status a directory stands for by itself. */
export function statusOf(directory: StatusDirectory): RunStatus {
  return directory === '.running' ? 'running' : directory;
}

/** Whether a text can be a run id here: on Windows a colon names a stream of a file. */
export function isRunId(text: string): boolean {
  return RUN_ID.test(text) && !(platform() === 'win32' && text.includes(':'));
}

/** Whether a name in a status directory is nobody's run by itself: a writer's temporary, a snapshot, the file system's own. */
export function isNobodysRun(name: string): boolean {
  return name.startsWith('.') || name === LOST_AND_FOUND;
}

/** Where a run is, as answers say it: `<basename of the root>/<status directory>/<run id>`. */
export function runPath(rootName: string, directory: StatusDirectory, runId: string): string {
  return `${rootName}/${directory}/${runId}`;
}

/** Where the manifest of a run is, by where the run is, in the form of answers. */
export function runManifestPath(path: string): string {
  return `${path}/${RUN_MANIFEST}`;
}

/** Where a participant manifest is, relative to the run directory. */
export function participantManifest(name: string): readonly [string, string] {
  return [PARTICIPANTS, name + MANIFEST_ENDING];
}

/** Whether a file, by its path in the run directory, is a manifest and needs no claim; one with a dot first is a temporary file. */
export function isManifest(segments: readonly string[]): boolean {
  const [first, second = ''] = segments;
  if (segments.length === 1) return first === RUN_MANIFEST;
  return (
    segments.length === 2 &&
    first === PARTICIPANTS &&
    second.endsWith(MANIFEST_ENDING) &&
    !second.startsWith('.')
  );
}

/** Bytes of the longest path, from the run directory, that a record may claim. */
export const LONGEST_PATH = 4_096;
const LONGEST_SEGMENT = 255;

/**
 * The names that lead from the run directory to an artifact, or null when its recorded path is not plain.
 * It is recorded relative to the run directory, relative to the root's parent, or absolute on the machine that wrote
 * it: everything up to the first `<status directory>/<run id>/` is dropped.
 */
export function artifactNames(recorded: string, runId: string): readonly string[] | null {
  const rest = recorded.slice(endOfPrefix(recorded, runId));
  // A lone surrogate has no UTF-8 and would silently name another file.
  if (!rest.isWellFormed() || /[\\\0]/.test(rest) || /^(?:~|[A-Za-z]:)/.test(rest)) return null;
  if (rest.startsWith('/') || Buffer.byteLength(rest) > LONGEST_PATH) return null;
  const names = rest.split('/').filter((name) => name !== '' && name !== '.');
  return names.length > 0 && names.every(isPlain) ? names : null;
}

function isPlain(name: string): boolean {
  return name !== '..' && Buffer.byteLength(name) <= LONGEST_SEGMENT;
}

function endOfPrefix(recorded: string, runId: string): number {
  if (!recorded.includes(`/${runId}/`)) return 0;
  const ends = LOOK_UP_ORDER.flatMap((directory) => {
    const prefix = `${directory}/${runId}/`;
    const at = `/${recorded}`.indexOf(`/${prefix}`);
    return at === -1 ? [] : [at + prefix.length];
  });
  return ends.length === 0 ? 0 : Math.min(...ends);
}
