import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { SPEC_ROOT, SPEC_RUN_ID } from './support/fixtures.ts';
import { sha256 } from './support/runs.ts';

const PROJECT = fileURLToPath(new URL('../', import.meta.url));
/** It builds the library, types and all. */
const PATIENCE = 180_000;

it(
  'npm run demo prints the response of the specification, and nothing else',
  { timeout: PATIENCE },
  async () => {
    const digest = sha256(readFileSync(join(SPEC_ROOT, 'completed', SPEC_RUN_ID, 'trades.db')));
    expect(digest).toMatch(/^9d10/);
    const response = {
      run_id: '20260629-121045-000001',
      type: 'full',
      trigger: 'manual',
      status: 'completed',
      path: 'backups/completed/20260629-121045-000001',
      started_at: 1782727845,
      finished_at: 1782727852,
      error_summary: '',
      requested_participants: [],
      participants: [
        {
          name: 'trades',
          critical: true,
          ok: true,
          status: 'completed',
          started_at: 1782727848,
          finished_at: 1782727852,
          error: '',
          artifacts: [
            {
              logical_name: 'trades.db',
              path: 'backups/completed/20260629-121045-000001/trades.db',
              size_bytes: 1048576,
              sha256: digest,
              integrity_ok: true,
              integrity_error: '',
              validation_ok: true,
              validation_error: '',
            },
          ],
        },
      ],
    };
    // Rejects unless the exit code is 0.
    const { stdout } = await promisify(execFile)('npm', ['run', '--silent', 'demo'], { cwd: PROJECT });
    expect(stdout).toBe(`${JSON.stringify(response, null, 2)}\n`);
  },
);
