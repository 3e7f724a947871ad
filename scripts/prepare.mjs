// Builds the package after it was installed here, before it is packed, and where it is installed from git; npm asks for it. Where the
// tools are not installed, as after `npm ci --omit=dev`, there is nothing to do it with, and it does nothing.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const TSUP = fileURLToPath(new URL('../node_modules/tsup/dist/cli-default.js', import.meta.url));

for (const args of existsSync(TSUP) ? [['scripts/inline-thread.mjs'], [TSUP, '--silent']] : []) {
  // What it prints goes where complaints go: the output of `npm pack` is its own.
  const { status } = spawnSync(process.execPath, args, { cwd: PROJECT, stdio: ['ignore', 2, 2] });
  if (status === 0) continue;
  process.exitCode = 1;
  break;
}
