/** Makes a real backups directory of files; removed when the test ends. */

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

export const RUN_ID = '20260629-121045-000001';

/** An empty directory of its own for this test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'backup-run-inspector-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

export interface RunToMake {
  root?: string;
  /** The status directory; `completed`. */
  directory?: string;
  runId?: string;
  /** Laid over a completed full run. */
  manifest?: Record<string, unknown>;
  /** Artifacts of participant `trades`, by path, all recorded as they are. */
  artifacts?: Record<string, string | Uint8Array>;
  /** Laid over the record of participant `trades`. */
  trades?: Record<string, unknown>;
}

export interface MadeRun {
  readonly root: string;
  readonly runId: string;
  /** The run directory. */
  readonly path: string;
  /** A path below the run directory. */
  at(...names: string[]): string;
}

/** An intact completed run with participant `trades` in a file of its own. */
export function makeRun(options: RunToMake = {}): MadeRun {
  const { root = join(temporaryDirectory(), 'backups'), directory = 'completed', runId = RUN_ID } = options;
  const { artifacts = { 'trades.db': 'the trades of today\n' } } = options;
  const path = join(root, directory, runId);
  const at = (...names: string[]): string => join(path, ...names);
  for (const [name, content] of Object.entries(artifacts)) {
    mkdirSync(dirname(at(name)), { recursive: true });
    writeFileSync(at(name), content);
  }
  mkdirSync(at('participants'), { recursive: true });
  writeFileSync(at('manifest.json'), JSON.stringify(runManifest({ run_id: runId, ...options.manifest })));
  writeFileSync(at('participants/trades.json'), JSON.stringify(tradesRecord(artifacts, options.trades)));
  return { root, runId, path, at };
}

export function runManifest(over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    backup_format_version: 1,
    run_id: RUN_ID,
    type: 'full',
    trigger: 'cron',
    status: 'completed',
    started_at: 1782727845,
    finished_at: 1782727852,
    error_summary: '',
    requested_participants: [],
    participants: ['trades'],
    ...over,
  };
}

export function tradesRecord(
  artifacts: Record<string, string | Uint8Array>,
  over: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    name: 'trades',
    critical: true,
    ok: true,
    status: 'completed',
    started_at: 1782727846,
    finished_at: 1782727851,
    error: '',
    artifacts: Object.entries(artifacts).map(([name, content]) => artifactRecord(name, content)),
    ...over,
  };
}

export function artifactRecord(name: string, content: string | Uint8Array): Record<string, unknown> {
  return {
    logical_name: name,
    path: name,
    size_bytes: Buffer.byteLength(content),
    sha256: sha256(content),
    integrity_ok: true,
    integrity_error: '',
    validation_ok: true,
    validation_error: '',
  };
}
