/** A directory for everything a test file makes for all of its tests; removed with the file's last test. */

import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

let directory: string | null = null;

export function scratch(): string {
  directory ??= realpathSync(mkdtempSync(join(tmpdir(), 'backup-run-inspector-scratch-')));
  return directory;
}

afterAll(() => {
  if (directory !== null) rmSync(directory, { recursive: true, force: true });
  directory = null;
  // Thousands of files, now and then, on a machine that is busy.
}, 120_000);
