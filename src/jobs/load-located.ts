/** Loads a located run as what the pipeline works on: its record, merged, with its claims encoded for their way to the caller. */

import type { Io } from '../fs/calls.ts';
import { identityOf, isUnreplaced } from '../fs/handle.ts';
import type { Root } from '../fs/root.ts';
import { claimsOf, encodeClaims } from '../manifest/claims.ts';
import { tooMany } from '../manifest/interpret.ts';
import { invalidManifest, loadRecord, type LoadedRecord } from '../manifest/load-run.ts';
import { mergeParticipants } from '../manifest/merge.ts';
import { judgeStatus } from '../manifest/status.ts';
import { locate, type LocatedRun } from '../repository/locate-run.ts';
import { Refusal } from '../model/errors.ts';
import type { Job, LoadedRun, LoadResult } from './protocol.ts';

/** Milliseconds for a daemon that has written its last word, to rename the directory. */
const RENAME_PAUSE = 50;

/** Loads a run that is held; throws a `Refusal` when there is none. */
export async function loadLocated(
  located: LocatedRun,
  root: Root,
  { options, mayWait }: Job<'load'>,
  io: Io,
): Promise<LoadResult> {
  let record: LoadedRecord;
  try {
    record = await loadRecord(located, options, io);
  } catch (fault) {
    // Of a run that was moved or deleted meanwhile, its fault says nothing.
    if (fault instanceof Refusal && !stays(located, root, io)) return { type: 'moved' };
    throw fault;
  }
  const status = judgeStatus(located.directory, record.head.status);
  // Between the last word of the manifest and the rename they legally differ for a moment.
  if (status.conflict && mayWait) {
    await io.pause(RENAME_PAUSE);
    return { type: 'moved' };
  }
  const entries = mergeParticipants(record, located.path, status.status === 'running');
  const records = entries.flatMap((entry) => entry.record ?? []);
  const artifacts = records.reduce((sum, each) => sum + each.artifacts.length, 0);
  const excess = tooMany(options.limits.artifacts, 'artifacts', artifacts);
  if (excess !== null) throw invalidManifest(located, '', excess);
  const loaded: LoadedRun = {
    run: addressOf(located),
    head: record.head,
    status,
    entries: entries.map((entry) => ({
      ...entry,
      record: entry.record && { ...entry.record, artifacts: [] },
    })),
    artifactCounts: entries.map((entry) => entry.record?.artifacts.length ?? 0),
    claims: encodeClaims(claimsOf(records, located.runId)),
    revision: identityOf(record.stats),
    unlistable: record.unlistable,
    isComplete: record.isComplete,
  };
  return { type: 'loaded', ...loaded };
}

function addressOf({ runId, directory, path, handle }: LocatedRun): LoadedRun['run'] {
  const { dev, ino, size, mtimeNs, ctimeNs } = handle.stats;
  return { runId, directory, path, fd: handle.fd, dev, ino, size, mtimeNs, ctimeNs };
}

/** Whether the run is still the one directory of its name, in the same place. */
function stays(located: LocatedRun, root: Root, io: Io): boolean {
  try {
    const now = locate(root, located.runId, io);
    now.handle.release();
    return now.directory === located.directory && isUnreplaced(now.handle.stats, located.handle.stats);
  } catch (fault) {
    if (fault instanceof Refusal && fault.error.code === 'BACKUP_RUN_NOT_FOUND') return false;
    throw fault;
  }
}
