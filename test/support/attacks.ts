/**
 * What a writer inside a run directory may try comes out as cases: two paths that are exchanged, one of them a symlink
 * to something outside that looks just like what belongs there, so that whoever follows it is taken in.
 */

import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { artifactRecord, RUN_ID, runManifest, sha256, tradesRecord } from './runs.ts';

/** Stands in everything that is outside: in names, in digests through their bytes, in texts. */
export const OUTSIDE = 'outside';

/** Same length, so that sizes agree; the record of the run speaks of the bytes outside. */
export const INSIDE_BYTES = 'bytes of the inside .\n'.repeat(500);
const OUTSIDE_BYTES = 'bytes of the outside.\n'.repeat(500);
export const OUTSIDE_DIGEST = sha256(OUTSIDE_BYTES);

/** A run under attack. */
export interface Staged {
  readonly root: string;
  /** The run directory. */
  readonly run: string;
  /** What is exchanged: first what belongs there. */
  readonly paths: readonly [string, string];
  /** Inode numbers of everything outside. */
  readonly outside: ReadonlySet<bigint>;
}

/** What the attacker exchanges with a symlink, below the run directory; `''` is the run directory itself. */
export interface Attack {
  readonly name: string;
  readonly target: string;
}

export const ATTACKS: readonly Attack[] = [
  { name: 'the artifact', target: 'sub/deep/part.bin' },
  { name: 'the directory of the artifact', target: 'sub/deep' },
  { name: 'the directory above it', target: 'sub' },
  { name: 'the directory of the participants', target: 'participants' },
  { name: 'the manifest of a participant', target: 'participants/trades.json' },
  { name: 'the run manifest', target: 'manifest.json' },
  { name: 'a directory of files that nobody claims', target: 'more/unlisted' },
  { name: 'the run directory', target: '' },
];

const ARTIFACT = 'sub/deep/part.bin';

/** Makes a run whose one artifact is not what its record says, and its double outside, which is; not yet exchanged. */
export function stage({ target }: Attack): Staged {
  const base = mkdtempSync(join(tmpdir(), 'backup-run-inspector-'));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  const root = join(base, 'backups');
  const run = join(root, 'completed', RUN_ID);
  const double = join(base, OUTSIDE);
  writeTree(run, treeOf('inside', INSIDE_BYTES));
  writeTree(double, treeOf(OUTSIDE, OUTSIDE_BYTES));
  // Below the root but in no status directory, so that one exchange stays within one file system.
  const link = join(base, 'link');
  symlinkSync(join(double, target), link);
  return { root, run, paths: [join(run, target), link], outside: inodesBelow(double) };
}

/** Everything an answer or a record says; a digest of the outside that it only quotes from the record is left out. */
export function said(value: unknown): string {
  const text = JSON.stringify(value, (key, each: unknown) =>
    key === 'sha256' || key === 'expected' ? '' : each,
  );
  const measured = text.replaceAll(`but ${OUTSIDE_DIGEST} in the manifest`, '');
  return measured.replaceAll(OUTSIDE_DIGEST, `digest of the ${OUTSIDE}`);
}

function treeOf(side: string, bytes: string): Record<string, string> {
  const record = { ...artifactRecord(ARTIFACT, OUTSIDE_BYTES), validation_error: side };
  return {
    'manifest.json': JSON.stringify(runManifest({ error_summary: side })),
    'participants/trades.json': JSON.stringify(tradesRecord({}, { error: side, artifacts: [record] })),
    [`participants/${side}.json`]: JSON.stringify(tradesRecord({}, { name: side })),
    [ARTIFACT]: bytes,
    [`sub/deep/${side}-a`]: '',
    [`more/unlisted/${side}-b`]: '',
    [`more/unlisted/deeper/${side}-c`]: '',
  };
}

function writeTree(directory: string, files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
}

function inodesBelow(directory: string): Set<bigint> {
  const below = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return new Set(['', ...below].map((name) => statSync(join(directory, name), { bigint: true }).ino));
}
