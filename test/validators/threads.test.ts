import { readdirSync } from 'node:fs';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createInspector, type Answer } from '../../src/index.ts';
import { json, tar } from '../../src/validators/index.ts';
import { built, runChild } from '../support/built.ts';
import type { ContentsInput, ContentsOutput } from '../support/children/contents.ts';
import { lacks } from '../support/needs.ts';
import { makeRun, RUN_ID } from '../support/runs.ts';

const request = { run_id: RUN_ID };
const uncounted = lacks('a count of threads', 'linux');
const rows = '{"a":"some text"},'.repeat(200_000);
const good = `[${rows}0]`;

/** Threads of this process. */
const threads = (): number => readdirSync('/proc/self/task').length;

function said(answer: Answer): unknown[] {
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.findings.map(({ code, actual }) => [code, actual]);
}

/** Whether threads were said not to be had, in this test. */
function followFallbacks(): unknown[] {
  const reasons: unknown[] = [];
  const listen = (message: unknown): void => void reasons.push(message);
  subscribe('backup-run-inspector:fallback', listen);
  onTestFinished(() => void unsubscribe('backup-run-inspector:fallback', listen));
  return reasons;
}

describe('the thread of a validation', () => {
  const settled = { timeout: 60_000, interval: 5 };

  it.skipIf(uncounted)('ends with it, however it ends', async () => {
    const fallbacks = followFallbacks();
    const artifacts = { 'good.json': good, 'bad.json': `[x${good}`, 'cut.json': `[${rows}` };
    const run = makeRun({ artifacts });
    await using inspector = createInspector({ root: run.root, threads: 0, validators: [json(), tar()] });
    await inspector.getBackupRun(request, { level: 'none' });
    const before = threads();
    const answer = await inspector.getBackupRun(request);
    expect(said(answer)).toStrictEqual([
      ['ARTIFACT_CONTENT_INVALID', 'not JSON: expected a value or "]", found "x" at byte 1'],
      ['ARTIFACT_CONTENT_INVALID', `not JSON: it ends at byte ${rows.length + 1}, before the value does`],
    ]);
    await vi.waitFor(() => expect(threads()).toBeLessThanOrEqual(before), settled);

    const controller = new AbortController();
    let most = 0;
    const aborted = inspector.getBackupRun(request, { signal: controller.signal });
    const rejected = expect(aborted).rejects.toBe('enough');
    await vi.waitFor(
      () => {
        most = Math.max(most, threads());
        expect(most).toBeGreaterThan(before);
      },
      { timeout: 60_000, interval: 1 },
    );
    controller.abort('enough');
    await rejected;
    await vi.waitFor(() => expect(threads()).toBeLessThanOrEqual(before), settled);
    expect(fallbacks).toStrictEqual([]);
  });

  it('is none where none may be started: then chunks are scanned here', async () => {
    const run = makeRun({ artifacts: { 'good.json': good, 'cut.json': `[${rows}` } });
    const isNamed = process.allowedNodeEnvironmentFlags.has('--permission');
    const readable = [`${await built()}/`, `${run.root}/`, '/proc/self/fd/'];
    const nodeFlags = [
      isNamed ? '--permission' : '--experimental-permission',
      '--no-warnings',
      ...readable.map((path) => `--allow-fs-read=${path}`),
    ];
    const input: ContentsInput = {
      root: run.root,
      runId: RUN_ID,
      validator: 'json',
      settings: {},
      options: {},
    };
    const { answer, delay } = await runChild<ContentsOutput>('contents', input, { nodeFlags });
    expect(said(answer)).toStrictEqual([
      ['ARTIFACT_CONTENT_INVALID', `not JSON: it ends at byte ${rows.length + 1}, before the value does`],
    ]);
    expect(delay).toBeLessThan(1_000);
  });
});
