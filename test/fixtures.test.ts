import { describe, expect, it } from 'vitest';
import { getBackupRun, type BackupRunRequest } from '../src/index.ts';
import { CASES } from './support/fixtures.ts';

describe('getBackupRun() answers every fixture as its folder expects', () => {
  it.each(CASES)('$name', async ({ kind, root, request, options, answer }) => {
    const actual = await getBackupRun(request as BackupRunRequest, { root, ...options });
    expect(actual).toStrictEqual(answer);
    // Also the order of fields, which deep equality does not see.
    expect(JSON.stringify(actual)).toBe(JSON.stringify(answer));
    expect(kind).toBe(actual.ok ? (actual.findings.length === 0 ? 'intact' : 'damaged') : 'refused');
  });
});
