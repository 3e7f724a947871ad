/** What tests need of the machine, and whether it has that; a lack is always said aloud. */

import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ofNodes = (path: string): string =>
  fileURLToPath(new URL(`../nodes/node_modules/${path}`, import.meta.url));

/** What else runs programs, of `npm ci --prefix test/nodes`. */
export const HOSTS = {
  node24: ofNodes('node-24/bin/node'),
  node26: ofNodes('node-26/bin/node'),
  bun: ofNodes('bun/bin/bun.exe'),
  deno: ofNodes('deno/deno'),
} as const;

/** Another Node. */
export const NODE_26 = HOSTS.node26;

const HERE = fileURLToPath(new URL('.', import.meta.url));

const CONSUMERS = fileURLToPath(new URL('../consumers/node_modules/typescript-7', import.meta.url));

const RECIPES = fileURLToPath(new URL('../recipes/node_modules', import.meta.url));

/** Where groups of processes with bounded memory are made, and the names of their files: in version 2 of cgroups, or in the first. */
export const MEMORY_CGROUP = existsSync('/sys/fs/cgroup/cgroup.controllers')
  ? ({ path: '/sys/fs/cgroup', limit: 'memory.max', peak: 'memory.peak' } as const)
  : ({
      path: '/sys/fs/cgroup/memory',
      limit: 'memory.limit_in_bytes',
      peak: 'memory.max_usage_in_bytes',
    } as const);

function canBoundMemory(): boolean {
  const group = join(MEMORY_CGROUP.path, `backup-run-inspector-try-${process.pid}`);
  try {
    mkdirSync(group);
    try {
      accessSync(join(group, MEMORY_CGROUP.limit), constants.W_OK);
      return readFileSync(join(group, MEMORY_CGROUP.peak), 'latin1') !== '';
    } finally {
      rmdirSync(group);
    }
  } catch {
    return false;
  }
}

const NEEDS = {
  'tools of consumers (npm ci --prefix test/consumers)': () => existsSync(CONSUMERS),
  'other versions of Node (npm ci --prefix test/nodes)': () =>
    Object.values(HOSTS).every((path) => existsSync(path)),
  'the npm registry': () => runs('npm', 'view', '--fetch-retries=0', 'fast-glob@3.3.3', 'version'),
  'a git repository': () => runs('git', '-C', HERE, 'rev-parse', '--git-dir'),
  'the Node that npm runs on': () => printed('node', '--version') === process.version,
  'a memory cgroup': canBoundMemory,
  linux: () => process.platform === 'linux',
  root: () => process.getuid?.() === 0,
  'frameworks of recipes (npm ci --prefix test/recipes)': () => existsSync(RECIPES),
  'systemd-analyze': () => runs('systemd-analyze', '--version'),
  gcc: () => runs('gcc', '--version'),
  python3: () => runs('python3', '-c', 'import sys; sys.exit(sys.version_info < (3, 8))'),
  gzip: () => runs('gzip', '--version'),
  zstd: () => runs('zstd', '--version'),
  tar: () => runs('tar', '--version'),
  sqlite3: () => runs('sqlite3', '--version'),
  strace: () => runs('strace', '-qq', '-o', '/dev/null', 'true'),
  'script (util-linux)': () => runs('script', '-qec', 'true', '/dev/null'),
  bash: () => runs('bash', '--version'),
  zsh: () => runs('zsh', '--version'),
  fish: () => runs('fish', '--version'),
  setpriv: () => runs('setpriv', '--version'),
  'mkfs.ext4': () => runs('mkfs.ext4', '-V'),
  'a loop device': () => hasLoopDevice(),
  prlimit: () => runs('prlimit', '--version'),
  'a mount namespace (unshare -m)': () => runs('unshare', '-m', 'true'),
  'a process namespace (unshare -p)': () => runs('unshare', '-p', '-f', 'true'),
  'libfuse3 with pkg-config': () => runs('pkg-config', '--exists', 'fuse3'),
  '/dev/shm': () => existsSync('/dev/shm'),
  '/dev/fuse': () => {
    try {
      accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
      return true;
    } catch {
      return false;
    }
  },
} as const;

export type Need = keyof typeof NEEDS;

/** For `it.skipIf`: whether something is missing here, which is printed. */
export function lacks(test: string, ...needs: readonly Need[]): boolean {
  const missing = needs.filter((need) => !NEEDS[need]());
  if (missing.length > 0) console.warn(`SKIPPED: ${test} needs ${missing.join(', ')}`);
  return missing.length > 0;
}

/** Prints what a test counted. */
export function tell(sentence: string): void {
  console.log(sentence);
}

/** Whether one can be had, for a file. */
function hasLoopDevice(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'backup-run-inspector-loop-'));
  try {
    const image = join(directory, 'image');
    writeFileSync(image, new Uint8Array(1 << 20));
    const { status, stdout } = spawnSync('losetup', ['--find', '--show', image]);
    return status === 0 && runs('losetup', '--detach', stdout.toString().trim());
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function runs(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function printed(command: string, ...args: readonly string[]): string {
  return spawnSync(command, args, { encoding: 'utf8' }).stdout?.trim() ?? '';
}
