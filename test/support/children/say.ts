/** What every child script shares: its input, its answer, and its descriptors. */

import { fstatSync, readdirSync, readlinkSync } from 'node:fs';

/** The input of this script. */
export function input(): unknown {
  return JSON.parse(process.argv.at(-1) ?? '');
}

/** Prints the answer of this script. */
export function say(answer: unknown): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

/**
 * How many descriptors lead to a path: those of event loops do not, of which a thread has some, and it may stay for a moment. Where
 * there is no /proc, all of them. No call is made that a test makes to fail.
 */
export function openDescriptors(): number {
  const listed = listOwn();
  if (listed.length > 0) return listed.filter(leadsToPath).length;
  return Array.from({ length: 256 }, (_, fd) => fd).filter(isOpen).length;
}

function listOwn(): string[] {
  try {
    return readdirSync('/proc/self/fd');
  } catch {
    return [];
  }
}

function leadsToPath(fd: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith('/');
  } catch {
    // The descriptor of the listing itself is closed by now.
    return false;
  }
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

/** Gives everything that is on its way the time to arrive, until there are no more descriptors than before, but not for ever. */
export async function settledDescriptors(before: number): Promise<number> {
  for (let turn = 0; turn < 400 && openDescriptors() > before; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return openDescriptors();
}

/** The count when nothing is on its way any more: the same for a while. */
export async function quietDescriptors(): Promise<number> {
  let count = openDescriptors();
  for (let same = 0; same < 4; same += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const now = openDescriptors();
    if (now !== count) same = -1;
    count = now;
  }
  return count;
}
