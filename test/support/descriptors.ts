/** What this process holds open in a directory. */

import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { expect, vi } from 'vitest';

const DESCRIPTORS = '/proc/self/fd';
const PATIENCE = { timeout: 60_000, interval: 1 };

interface Held {
  readonly path: string;
  /** How far it was read. */
  readonly position: number;
}

/** Paths of everything at or below a directory that a descriptor of this process holds, in no order. */
export function heldBelow(directory: string): string[] {
  return allBelow(directory).map(({ path }) => path);
}

/** Waits until the first bytes of a file were read, by its absolute path. */
export async function beingRead(path: string): Promise<void> {
  await vi.waitUntil(() => allBelow(path).some(({ position }) => position > 0), PATIENCE);
}

/** Waits until nothing is held at or below a directory, and fails when that does not come. */
export async function letGo(directory: string): Promise<void> {
  await vi.waitFor(() => expect(heldBelow(directory)).toEqual([]), PATIENCE);
}

function allBelow(directory: string): Held[] {
  const real = realpathSync(directory);
  return readdirSync(DESCRIPTORS)
    .flatMap((fd) => lookAt(fd) ?? [])
    .filter(({ path }) => path === real || path.startsWith(`${real}/`));
}

/** What a descriptor holds; null when it was closed meanwhile, as the one of the listing itself is. */
function lookAt(fd: string): Held | null {
  try {
    const [, position] = /^pos:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? [];
    return { path: readlinkSync(`${DESCRIPTORS}/${fd}`), position: Number(position) };
  } catch {
    return null;
  }
}
