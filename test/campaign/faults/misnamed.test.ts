import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runChild } from '../../support/built.ts';
import type { OddStorageInput, OddStorageOutput } from '../../support/children/odd-storage.ts';
import { mountFaultyDisk } from '../../support/faulty-disk.ts';
import { lacks } from '../../support/needs.ts';
import { makeRun, RUN_ID } from '../../support/runs.ts';

const skipped = lacks('a faulty disk', 'linux', 'root', 'gcc', 'libfuse3 with pkg-config', '/dev/fuse');

it.skipIf(skipped)(
  'a directory that hangs, and whose name can be no run id, hides no run of its status directory',
  { timeout: 300_000 },
  async () => {
    const { root } = makeRun();
    const misnamed = join(root, 'completed', 'a..b');
    mkdirSync(misnamed);
    writeFileSync(join(misnamed, 'manifest.json'), '{}');
    const disk = await mountFaultyDisk(root);
    const given: OddStorageInput = {
      ...disk,
      request: { run_id: RUN_ID },
      orders: ['hang getattr -1 /completed/a..b'],
      options: { stallTimeoutMs: 300 },
    };
    const { sound, odd, ticks, descriptors } = await runChild<OddStorageOutput>('odd-storage', given);
    const row = { ok: false, run_id: 'a..b', path: 'backups/completed/a..b' };
    expect(sound.rows).toMatchObject([{ ...row, error: { code: 'BACKUP_RUN_UNSAFE' } }, { ok: true }]);
    expect(odd.rows).toMatchObject([{ error: { code: 'IO_ERROR', errno: 'ETIMEDOUT' } }, { ok: true }]);
    expect(odd.rows[1]).toStrictEqual(sound.rows[1]);
    expect(odd.answer).toStrictEqual(sound.answer);
    expect(ticks).toBeGreaterThan(0);
    expect(descriptors.after).toBe(descriptors.before);
  },
);
