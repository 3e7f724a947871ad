/** The thread that does the work, step by step and blocking: clear up, copy, check. */

import { parentPort } from 'node:worker_threads';
import type { Verdict } from '../../content/validator.ts';
import { checkDatabase } from './check-database.ts';
import { copyIn, hasLog, makeCopy, obstacleIn, readCopy, sweep } from './private-copy.ts';
import { faultName, skipped, type DatabaseTask, type Report } from './protocol.ts';
import { findLostCommit, type ReadAt } from './wal-frames.ts';
import type { Work } from './watchdog.ts';

/** The descriptor that the bytes come through. */
const PIPE = 0;

export async function copyAndCheck({ directory, task, home }: Work): Promise<void> {
  const verdict =
    task === null ? clearUp(directory) : (prepare(directory, task, home) ?? (await checkCopy(task, home)));
  reportToProcess({ type: 'verdict', verdict });
}

function clearUp(directory: string): Verdict {
  sweep(directory);
  return { ok: true };
}

/** Null when there is a copy to be checked. */
function prepare(directory: string, { root, space }: DatabaseTask, home: string): Verdict | null {
  try {
    sweep(directory);
    const obstacle = obstacleIn(directory, root, space);
    if (obstacle !== null) return skipped(obstacle);
    makeCopy(home, PIPE);
    return null;
  } catch (fault) {
    return skipped(`no private copy can be made of it (${faultName(fault)})`);
  }
}

/** The version of the format that is needed to read a database: 1, or 2 for a write-ahead log (https://sqlite.org/fileformat2.html). */
const READ_VERSION_AT = 19;
/** What a version that is to come may be, and the one of Turso with several versions of each row; any other is damage. */
const OTHER = /^(?:[3-9]|255)$/;

async function checkCopy(task: DatabaseTask, home: string): Promise<Verdict> {
  reportToProcess({ type: 'copied' });
  const version = readCopy(home, '', readVersion);
  if (OTHER.test(String(version)))
    return skipped(`it says that its format has the version ${version}, which is not known`);
  const isWithLog = hasLog(home);
  const lost = isWithLog ? readCopy(home, '-wal', findLostCommit) : null;
  if (lost !== null)
    return skipped(
      `SQLite reads its log to byte ${lost.from}, where a frame is broken, and not the transaction that ends at byte ${lost.at}`,
    );
  return checkDatabase(copyIn(home), { ...task, hasLog: isWithLog });
}

function readVersion(readAt: ReadAt): number {
  const version = new Uint8Array(1);
  readAt(version, READ_VERSION_AT);
  return version[0] ?? 0;
}

function reportToProcess(message: Report): void {
  parentPort?.postMessage(message);
}
