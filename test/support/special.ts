/** Makes at a path what git cannot hold. */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { onTestFinished } from 'vitest';

/** Makes a FIFO with no one at either end: opening it would hang. */
export function makeFifo(path: string): void {
  execFileSync('mkfifo', [path]);
}

/** Makes a socket that is listened to until the test ends. */
export async function makeSocket(path: string): Promise<void> {
  const server = createServer();
  onTestFinished(() => void server.close());
  await once(server.listen(path), 'listening');
}

/** Makes a character device like `/dev/null`. */
export function makeCharacterDevice(path: string): void {
  execFileSync('mknod', [path, 'c', '1', '3']);
}

/** Whether this user may make devices; if not, says aloud that a test is left out. */
export function mayMakeDevices(): boolean {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) console.warn('SKIPPED: a character device as artifact, because making one needs root');
  return isRoot;
}
