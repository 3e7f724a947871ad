import { existsSync, mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { getBackupRun, type Answer } from '../../src/index.ts';
import { LOOK_UP_ORDER } from '../../src/repository/layout.ts';
import { locate } from '../../src/repository/locate-run.ts';
import { createRoot } from '../../src/fs/root.ts';
import { letGo } from '../support/descriptors.ts';
import { makeRun, RUN_ID, temporaryDirectory } from '../support/runs.ts';
import { makeFifo, makeSocket } from '../support/special.ts';
import { steppedIo } from '../support/stepped.ts';

/** System calls to find a run, or to find that there is none. */
function costOf(root: string, runId: string): number {
  let calls = 0;
  try {
    locate(createRoot(root), runId, steppedIo({ before: () => (calls += 1) })).handle.release();
  } catch (thrown) {
    expect(thrown).toHaveProperty('error.code', 'BACKUP_RUN_NOT_FOUND');
  }
  return calls;
}

function addRuns(root: string, from: number, to: number): void {
  for (let index = from; index < to; index += 1) {
    const status = LOOK_UP_ORDER[index % LOOK_UP_ORDER.length] ?? '';
    mkdirSync(join(root, status, `20260101-000000-${String(index).padStart(6, '0')}`), { recursive: true });
  }
}

function ask(root: string, run_id = RUN_ID): Promise<Answer> {
  return getBackupRun({ run_id }, { root });
}

describe('locate() makes as many system calls with 10,000 other runs as with 10, when the run', () => {
  it.each([
    ['stands in completed', RUN_ID],
    ['stands nowhere', 'no-such-run'],
  ])('%s', async (_, runId) => {
    const { root } = makeRun();
    addRuns(root, 0, 10);
    const few = costOf(root, runId);
    addRuns(root, 10, 10_000);
    expect(costOf(root, runId)).toBe(few);
    expect(few).toBeGreaterThan(LOOK_UP_ORDER.length);
    await letGo(root);
  });
});

describe('getBackupRun() finds a run', () => {
  it('below a root that is a symlink, and calls it by the name of the symlink', async () => {
    const { root } = makeRun();
    const link = join(temporaryDirectory(), 'to-backups');
    symlinkSync(root, link);
    expect(await ask(link)).toMatchObject({ ok: true, run: { path: `to-backups/completed/${RUN_ID}` } });
  });

  it('in a status directory that is a symlink', async () => {
    const { root } = makeRun();
    const volume = join(temporaryDirectory(), 'volume');
    renameSync(join(root, 'completed'), volume);
    symlinkSync(volume, join(root, 'completed'));
    const answer = await ask(root);
    expect(answer).toMatchObject({ ok: true, run: { path: `backups/completed/${RUN_ID}` }, findings: [] });
  });

  it('once, at the later of two status directories that are one', async () => {
    const { root } = makeRun({ directory: 'failed', manifest: { status: 'failed' } });
    symlinkSync('failed', join(root, 'cancelled'));
    const answer = await ask(root);
    const path = `backups/cancelled/${RUN_ID}`;
    expect(answer).toMatchObject({
      ok: true,
      run: { path, participants: [{ artifacts: [{ path: `${path}/trades.db` }] }] },
    });
    await letGo(root);
  });
});

describe('getBackupRun() refuses', () => {
  it('a status directory that is a dangling symlink, rather than to find nothing', async () => {
    const { root } = makeRun({ directory: 'completed' });
    symlinkSync('/nonexistent/volume', join(root, 'failed'));
    const error = {
      code: 'IO_ERROR',
      httpCode: 500,
      message: 'Cannot read "backups/failed": ENOENT',
      errno: 'ENOENT',
      path: 'backups/failed',
    };
    expect(await ask(root)).toEqual({ ok: false, error });
    expect(await ask(root, 'no-such-run')).toEqual({ ok: false, error });
    await letGo(root);
  });

  it.each(['symlink', 'FIFO', 'socket'])('a %s under the name of the run', async (kind) => {
    const { root, path } = makeRun();
    const name = join(root, 'failed', RUN_ID);
    mkdirSync(join(root, 'failed'));
    if (kind === 'symlink') symlinkSync(path, name);
    else if (kind === 'FIFO') makeFifo(name);
    else await makeSocket(name);
    expect(await ask(root)).toEqual({
      ok: false,
      error: {
        code: 'BACKUP_RUN_UNSAFE',
        httpCode: 500,
        message: `Cannot trust "backups/failed/${RUN_ID}": expected a directory, found a ${kind}`,
        path: `backups/failed/${RUN_ID}`,
      },
    });
    await letGo(root);
  });

  it('a run id in other letters than on the disk', async ({ skip }) => {
    const { root } = makeRun({ runId: 'Nightly-a' });
    skip(existsSync(join(root, 'COMPLETED')), 'this file system does not tell case apart');
    expect(await ask(root, 'Nightly-a')).toHaveProperty('ok', true);
    for (const runId of ['nightly-a', 'NIGHTLY-A', 'Nightly-A']) {
      expect(await ask(root, runId)).toHaveProperty('error.code', 'BACKUP_RUN_NOT_FOUND');
    }
  });

  it('a run that stands in three directories, which it names in look-up order', async () => {
    const { root } = makeRun({ directory: 'timeout' });
    makeRun({ root, directory: 'completed' });
    makeRun({ root, directory: '.running' });
    const paths = ['.running', 'completed', 'timeout'].map((status) => `backups/${status}/${RUN_ID}`);
    expect(await ask(root)).toEqual({
      ok: false,
      error: {
        code: 'BACKUP_RUN_AMBIGUOUS',
        httpCode: 409,
        message: `Cannot choose backup run "${RUN_ID}": it stands in ${paths.map((path) => `"${path}"`).join(' and ')}`,
        paths,
      },
    });
    await letGo(root);
  });
});
