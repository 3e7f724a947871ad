import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runChild } from '../../support/built.ts';
import type { AnswerInput, AnswerOutput, Asked } from '../../support/children/answer.ts';
import { lacks, tell } from '../../support/needs.ts';
import { makeRun, temporaryDirectory } from '../../support/runs.ts';

const skipped = lacks('a limit of descriptors', 'linux', 'prlimit');
const timeout = 300_000;

const artifacts = { 'trades.db': 'the trades of today\n', 'sub/dir/part.bin': 'a part\n' };

function makeRuns(count: number): Asked[] {
  const root = join(temporaryDirectory(), 'backups');
  const runIds = Array.from(
    { length: count },
    (_, index) => `20260629-121045-${String(index).padStart(6, '0')}`,
  );
  for (const runId of runIds) makeRun({ root, runId, artifacts });
  return runIds.map((run_id) => ({ request: { run_id }, options: { root } }));
}

async function ask(descriptors: number, given: AnswerInput, threads = '4'): Promise<AnswerOutput> {
  return runChild<AnswerOutput>('answer', given, {
    under: ['prlimit', `--nofile=${descriptors}`],
    environment: { UV_THREADPOOL_SIZE: threads },
  });
}

/** What each answer comes to. */
function outcomes({ answers }: AnswerOutput): string[] {
  return answers.map((each) => {
    if ('rejected' in each) return each.rejected;
    if (!each.ok) return each.error.code;
    return each.findings.map(({ code }) => code).join(' ') || (each.coverage.complete ? 'ok' : 'incomplete');
  });
}

describe('getBackupRun() finds enough descriptors, when a thousand inspections run at once', () => {
  it.skipIf(skipped).each([
    ['of one run, of 256', 256, 1],
    ['of fifty runs, of 256', 256, 50],
    ['of fifty runs, of 256, with as many threads', 256, 50, '64'],
  ])('%s', { timeout }, async (_, limit, runs, threads?: string) => {
    const asked = makeRuns(runs);
    const output = await ask(limit, { asked, together: true, times: 1_000 / runs }, threads);
    expect(output.answers).toHaveLength(1_000);
    expect(new Set(outcomes(output))).toStrictEqual(new Set(['ok']));
    expect(output.descriptors.after).toBe(output.descriptors.before);
  });
});

describe('getBackupRun() is BUSY, and misses nothing, when descriptors are short', () => {
  it.skipIf(skipped)(
    'for a thousand inspections at once, and holds none of them afterwards',
    { timeout },
    async () => {
      const asked = makeRuns(50);
      const output = await ask(64, { asked, together: true, times: 20 });
      expect(new Set([...outcomes(output), 'ok', 'BUSY'])).toStrictEqual(new Set(['ok', 'BUSY']));
      expect(output.descriptors.after).toBe(output.descriptors.before);
    },
  );

  it.skipIf(skipped)('for a single inspection, with any number of them', { timeout }, async () => {
    const [asked] = makeRuns(1);
    const counted: Record<string, number> = {};
    // From too few for Node itself, which then does not start, to enough.
    for (let limit = 16; limit <= 40; limit += 1) {
      const started = await ask(limit, { asked: [asked!], warmUp: asked! }).catch(() => null);
      if (started === null) continue;
      const [outcome = ''] = outcomes(started);
      counted[outcome] = (counted[outcome] ?? 0) + 1;
      // Node does not give back the event loop of a thread that it could not start (ERR_WORKER_INIT_FAILED).
      const { before, after } = started.descriptors;
      expect([before, before + 1]).toContain(after);
    }
    tell(`descriptors: ${JSON.stringify(counted)}`);
    expect(Object.keys(counted).toSorted()).toStrictEqual(['BUSY', 'ok']);
  });
});
