/** What every child script shares: its input, its answer, and its descriptors. */

import { fstatSync, readdirSync } from 'node:fs';

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
export async function settledDescriptors(before: number): Promise<number> {
  for (let turn = 0; turn < 400 && openDescriptors() !== before; turn += 1) {
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
