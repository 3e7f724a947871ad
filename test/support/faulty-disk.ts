/** Mounts a mirror of a directory that fails on order; unmounted when the test ends. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { compiled } from './native.ts';
import { scratch } from './scratch.ts';

export interface FaultyDisk {
  /** Mirrors the directory. */
  readonly mount: string;
  /** Takes orders; native/faulty-disk.c says which. */
  readonly socket: string;
}

let program: string | null = null;

/** Mounts a mirror of a directory, read-only. */
export async function mountFaultyDisk(source: string): Promise<FaultyDisk> {
  program ??= compiled('faulty-disk', 'program', 'fuse3');
  const directory = mkdtempSync(join(scratch(), 'disk-'));
  const mount = join(directory, 'backups');
  const socket = join(directory, 'orders');
  mkdirSync(mount);
  const daemon = spawn(program, [source, socket, mount], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(async () => {
    const gone = once(daemon, 'exit');
    // Its end ends every operation that hangs, and only then can anyone who waits for one be ended.
    if (daemon.exitCode === null && daemon.kill('SIGKILL')) await gone;
    spawnSync('umount', ['-l', mount]);
  });
  const [line] = (await Promise.race([once(daemon.stdout, 'data'), once(daemon, 'exit')])) as unknown[];
  if (String(line) !== 'ready\n') throw new Error(`cannot mount a faulty disk: ${String(line)}`);
  return { mount, socket };
}
