/** A group of processes with bounded memory, removed when the test ends. */

import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { MEMORY_CGROUP } from './needs.ts';

export interface MemoryCgroup {
  /** What a command is run under, to be in it with all that it starts. */
  readonly under: readonly string[];
  /** The most bytes that were used in it. */
  readonly peak: () => number;
}

let groups = 0;

export function memoryCgroup(bytes: number): MemoryCgroup {
  groups += 1;
  const group = join(MEMORY_CGROUP.path, `backup-run-inspector-${process.pid}-${groups}`);
  mkdirSync(group);
  onTestFinished(() => vi.waitFor(() => rmdirSync(group), { timeout: 60_000, interval: 10 }));
  writeFileSync(join(group, MEMORY_CGROUP.limit), String(bytes));
  return {
    under: ['sh', '-c', 'echo $$ > "$0" && exec "$@"', join(group, 'cgroup.procs')],
    peak: () => Number(readFileSync(join(group, MEMORY_CGROUP.peak), 'latin1')),
  };
}
