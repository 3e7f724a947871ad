/** The response of the spec's own example comes out, as its text has it; only the digest that it cuts short is the fixture's. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BackupRun } from '../../src/index.ts';
import { SPEC_ROOT, SPEC_RUN_ID } from './fixtures.ts';

const RESPONSE = `{
  "run_id": "20260629-121045-000001",
  "type": "full",
  "trigger": "manual",
  "status": "completed",
  "path": "backups/completed/20260629-121045-000001",
  "started_at": 1782727845,
  "finished_at": 1782727852,
  "error_summary": "",
  "requested_participants": [],
  "participants": [
    {
      "name": "trades",
      "critical": true,
      "ok": true,
      "status": "completed",
      "started_at": 1782727848,
      "finished_at": 1782727852,
      "error": "",
      "artifacts": [
        {
          "logical_name": "trades.db",
          "path": "backups/completed/20260629-121045-000001/trades.db",
          "size_bytes": 1048576,
          "sha256": "9d10...",
          "integrity_ok": true,
          "integrity_error": "",
          "validation_ok": true,
          "validation_error": ""
        }
      ]
    }
  ]
}`;

const DIGEST = createHash('sha256')
  .update(readFileSync(join(SPEC_ROOT, 'completed', SPEC_RUN_ID, 'trades.db')))
  .digest('hex');

/** The response as JSON without spaces between its parts. */
export const SPEC_TEXT = JSON.stringify(JSON.parse(RESPONSE.replace('9d10...', DIGEST)));

export const SPEC_RUN = JSON.parse(SPEC_TEXT) as BackupRun;

/** The run as listings have it. */
export const SPEC_ROW: BackupRun = { ...SPEC_RUN, participants: [] };
