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

/** How many descriptors are open, also where there is no /proc. */
export function openDescriptors(): number {
  // One of them is that of the listing itself.
  const listed = listOwn().length - 1;
  return listed > 0 ? listed : Array.from({ length: 256 }, (_, fd) => fd).filter(isOpen).length;
}

/** How many descriptors lead to a path: those of event loops, which differ between versions of Node, do not. */
export function openFiles(): number {
  return listOwn().filter(leadsToPath).length;
}

function leadsToPath(fd: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith('/');
  } catch {
    return false;
  }
}

function listOwn(): string[] {
  try {
    return readdirSync('/proc/self/fd');
  } catch {
    return [];
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

/** Gives everything that is on its way the time to arrive, until the count of descriptors is as it was, but not for ever. */
export async function settledDescriptors(before: number, count = openDescriptors): Promise<number> {
  for (let turn = 0; turn < 400 && count() !== before; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return count();
}

/** The count when nothing is on its way any more: the same for a while. */
export async function quietDescriptors(countNow = openDescriptors): Promise<number> {
  let count = countNow();
  for (let same = 0; same < 4; same += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const now = countNow();
    if (now !== count) same = -1;
    count = now;
  }
  return count;
}
