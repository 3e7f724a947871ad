// Makes a backups directory with one run in it, and what peers need to check the same files.

import { createHash, randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export const RUN_ID = '20260629-121045-000001';

/** Makes a completed run of `count` artifacts of `size` bytes each, in `directory`. */
export function makeRun(directory, { count, size, isSparse = false }) {
  const root = join(directory, 'backups');
  const path = join(root, 'completed', RUN_ID);
  mkdirSync(join(path, 'participants'), { recursive: true });
  const artifacts = Array.from({ length: count }, (_, index) => {
    const name = `artifact-${String(index).padStart(6, '0')}.bin`;
    const sha256 = isSparse ? makeSparse(join(path, name), size) : makeRandom(join(path, name), size);
    return {
      logical_name: name,
      path: name,
      size_bytes: size,
      sha256,
      integrity_ok: true,
      validation_ok: true,
    };
  });
  writeManifests(path, [{ ...participant('bench'), artifacts }]);
  writeFileSync(join(directory, 'SHA256SUMS'), artifacts.map((a) => `${a.sha256}  ${a.path}\n`).join(''));
  writeFileSync(join(directory, 'backup_manifest'), postgresManifest(artifacts));
  return { root, path, directory, files: artifacts.map((a) => join(path, a.path)), bytes: count * size };
}

/** Makes so many completed runs, a quarter of an hour apart, with a manifest each and nothing else. */
export function makeRuns(directory, count) {
  const root = join(directory, 'backups');
  for (let index = 0; index < count; index += 1) {
    const startedAt = 1_782_727_845 - 900 * index;
    const [date, time] = new Date(startedAt * 1_000).toISOString().split(/[T.]/);
    const runId = `${date.replaceAll('-', '')}-${time.replaceAll(':', '')}-000001`;
    const path = join(root, 'completed', runId);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'manifest.json'), JSON.stringify(runManifest(runId, startedAt, [])));
  }
  return root;
}

function runManifest(runId, startedAt, participants) {
  const times = { started_at: startedAt, finished_at: startedAt + 1 };
  return { run_id: runId, type: 'full', trigger: 'cron', status: 'completed', ...times, participants };
}

export function participant(name) {
  return { name, critical: true, ok: true, status: 'completed', started_at: 1, finished_at: 2 };
}

export function writeManifests(path, participants) {
  mkdirSync(join(path, 'participants'), { recursive: true });
  const names = participants.map(({ name }) => name);
  const manifest = runManifest(path.split('/').at(-1), 1, names);
  writeFileSync(join(path, 'manifest.json'), JSON.stringify(manifest));
  for (const each of participants) {
    writeFileSync(join(path, 'participants', `${each.name}.json`), JSON.stringify(each));
  }
}

function makeRandom(path, size) {
  const chunk = randomBytes(Math.min(size, 1 << 20));
  const hash = createHash('sha256');
  const fd = openSync(path, 'w');
  for (let left = size; left > 0; left -= chunk.length) {
    const piece = chunk.subarray(0, Math.min(left, chunk.length));
    writeSync(fd, piece);
    hash.update(piece);
  }
  closeSync(fd);
  return hash.digest('hex');
}

// The digest of so many zeros is not known beforehand: whatever is recorded, the file is read whole.
function makeSparse(path, size) {
  const fd = openSync(path, 'w');
  ftruncateSync(fd, size);
  closeSync(fd);
  return '0'.repeat(64);
}

/** The manifest of pg_basebackup for the same files. */
function postgresManifest(artifacts) {
  const files = artifacts.map(({ path, size_bytes, sha256 }) =>
    JSON.stringify({
      Path: path,
      Size: size_bytes,
      'Last-Modified': '2026-06-29 12:10:45 GMT',
      'Checksum-Algorithm': 'SHA256',
      Checksum: sha256,
    }),
  );
  const text = `{ "PostgreSQL-Backup-Manifest-Version": 1,\n"Files": [\n${files.join(',\n')}\n],\n"WAL-Ranges": [\n],\n`;
  return `${text}"Manifest-Checksum": "${createHash('sha256').update(text).digest('hex')}"}\n`;
}
