/**
 * Private copies: made in a fresh directory that only this user may enter, outside of the backups directory, and removed again. The one
 * place where the library writes files. All of it blocks, and runs only in the process that checks databases: a directory for temporary
 * files that hangs holds nothing of the host.
 */

import { isNativeError } from 'node:util/types';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createHash, randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import host from 'node:process';
import type { ReadAt } from './wal-frames.ts';

/** What the copy is called, and with what SQLite may put beside it. */
const COPY_NAME = 'copy';
const ENDINGS = ['', '-wal', '-shm', '-journal'] as const;

/** Names of directories tell whose they are: where it runs, its process id, and when that began. */
const COPY_DIRECTORY = /^backup-run-inspector-([0-9a-f]{12})-(\d+)-(\d+)-[0-9a-f]{16}$/;

/** Where the copy of this process will be. */
export function chooseHome(directory: string): string {
  const random = randomBytes(8).toString('hex');
  const where = whereThisRuns() ?? '0'.repeat(12);
  return join(directory, `backup-run-inspector-${where}-${host.pid}-${startOf(host.pid) ?? 0}-${random}`);
}

/** The path of the copy in its directory. */
export const copyIn = (home: string): string => join(home, COPY_NAME);

/** Why nothing can be copied to a directory, or null. `bytes` is what will be written. */
export function obstacleIn(directory: string, root: string, bytes: number): string | null {
  if (isBelow(directory, root)) return 'the directory for private copies is in the backups directory';
  const { bavail, bsize } = statfsSync(directory, { bigint: true });
  const free = bavail * bsize;
  if (free >= BigInt(bytes)) return null;
  return `a private copy needs ${bytes} bytes, and the directory for it has ${free}`;
}

/** Whether a directory is another or anywhere below it, whatever mounts and symlinks lead there. */
function isBelow(directory: string, root: string): boolean {
  const { dev, ino } = statSync(root, { bigint: true });
  for (let at = realpathSync(directory); ; at = dirname(at)) {
    const stats = statSync(at, { bigint: true });
    if (stats.dev === dev && stats.ino === ino) return true;
    if (at === dirname(at)) return false;
  }
}

/** Makes the copy of a database, and of the log behind it where there is one, from what comes through a pipe. */
export function makeCopy(home: string, pipe: number): void {
  mkdirSync(home, { mode: 0o700 });
  for (const ending of ['', '-wal']) receive(pipe, copyIn(home) + ending);
}

/** The most that is read at once. */
const COPY_BLOCK = 256 * 1_024;

/** Pieces with their length before them, four bytes; a length of 0 ends the file. One without a byte is not made. */
function receive(pipe: number, path: string): void {
  const block = Buffer.allocUnsafe(COPY_BLOCK);
  let file: number | null = null;
  try {
    for (;;) {
      fillFromPipe(pipe, block.subarray(0, 4));
      let left = block.readUInt32LE();
      if (left === 0) return;
      file ??= openSync(path, 'wx', 0o600);
      while (left > 0) {
        const part = block.subarray(0, Math.min(left, COPY_BLOCK));
        fillFromPipe(pipe, part);
        for (let at = 0; at < part.length;) at += writeSync(file, part, at);
        left -= part.length;
      }
    }
  } finally {
    if (file !== null) closeSync(file);
  }
}

function fillFromPipe(pipe: number, part: Uint8Array): void {
  for (let at = 0; at < part.length;) {
    const count = readSync(pipe, part, at, part.length - at, null);
    if (count === 0) throw new Error('the pipe was closed');
    at += count;
  }
}

/** Reads the copy of a database, or of the log beside it. */
export function readCopy<T>(home: string, ending: '' | '-wal', use: (readAt: ReadAt) => T): T {
  const file = openSync(copyIn(home) + ending, 'r');
  try {
    return use((into, at) => readSync(file, into, 0, into.length, at));
  } finally {
    closeSync(file);
  }
}

/** Whether a log was copied with the database. */
export function hasLog(home: string): boolean {
  return readdirSync(home).includes(`${COPY_NAME}-wal`);
}

/** Removes a copy and its directory, and nothing that somebody else has put there. */
export function removeCopy(home: string): void {
  for (const ending of ENDINGS) rmSync(copyIn(home) + ending, { force: true });
  try {
    rmdirSync(home);
  } catch (fault) {
    if (!(isNativeError(fault) && 'code' in fault && fault.code === 'ENOENT')) throw fault;
  }
}

/** Removes the copies that processes of this user left behind which ran here and are no more: only who is surely dead is cleared up after. */
export function sweep(directory: string): void {
  const where = whereThisRuns();
  if (where === null) return;
  for (const name of readdirSync(directory)) {
    const [, itsWhere, pid, start] = COPY_DIRECTORY.exec(name) ?? [];
    if (itsWhere !== where || isAlive(Number(pid), Number(start))) continue;
    try {
      if (isOwn(join(directory, name))) removeCopy(join(directory, name));
    } catch {
      // It is gone by now, or stays where it is.
    }
  }
}

function isOwn(path: string): boolean {
  const stats = lstatSync(path);
  return stats.isDirectory() && (host.platform === 'win32' || stats.uid === userInfo().uid);
}

/**
 * The boot, the host and the space of process ids: an id says nothing about a process of another one, and containers share directories.
 * Null where that cannot be known.
 */
function whereThisRuns(): string | null {
  try {
    const isLinux = host.platform === 'linux';
    const boot = isLinux ? readFileSync('/proc/sys/kernel/random/boot_id', 'latin1') : '';
    const space = isLinux ? readlinkSync('/proc/self/ns/pid') : '';
    const text = JSON.stringify([hostname(), boot, space]);
    return createHash('sha256').update(text).digest('hex').slice(0, 12);
  } catch {
    return null;
  }
}

/** When a process began, in ticks since the boot (proc(5)); null where nothing says so. */
function startOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // A name may hold blanks and parentheses; the 22nd field is the twentieth behind it.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return null;
  }
}

function isAlive(pid: number, start: number): boolean {
  try {
    host.kill(pid, 0);
  } catch (fault) {
    if (isNativeError(fault) && 'code' in fault && fault.code === 'ESRCH') return false;
  }
  const its = startOf(pid);
  return its === null || its === start;
}

/** Where memory is short, Linux ends this process first, and not its host. */
export function offerToOutOfMemoryKiller(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // There is none, or it may not be told.
  }
}
