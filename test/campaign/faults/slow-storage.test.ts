import { rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Answer, Finding, Inspected, Level } from '../../../src/index.ts';
import { runChild } from '../../support/built.ts';
import type { BudgetsInput, BudgetsOutput } from '../../support/children/budgets.ts';
import { mountFaultyDisk } from '../../support/faulty-disk.ts';
import { lacks, tell } from '../../support/needs.ts';
import { makeRun, RUN_ID, tradesRecord } from '../../support/runs.ts';

const skipped = lacks('a slow disk', 'linux', 'root', 'gcc', 'libfuse3 with pkg-config', '/dev/fuse');
const timeout = 300_000;

/** A run of six participants with something of every kind that can be wrong with its files. */
function makeBadRun(): string {
  const names = Array.from({ length: 30 }, (_, index) => `part-${String(index).padStart(2, '0')}`);
  const run = makeRun({ artifacts: Object.fromEntries(names.map((name) => [name, `bytes of ${name}\n`])) });
  for (const name of ['accounts', 'ledgers', 'orders', 'quotes', 'users']) {
    writeFileSync(run.at(`${name}.db`), `the ${name}\n`);
    const record = tradesRecord({ [`${name}.db`]: `the ${name}\n` }, { name, critical: false });
    writeFileSync(run.at(`participants/${name}.json`), JSON.stringify(record));
  }
  rmSync(run.at('part-03'));
  writeFileSync(run.at('part-04'), 'bytes of part-XX\n');
  writeFileSync(run.at('part-05'), 'fewer\n');
  writeFileSync(run.at('nobody-claims-this'), '');
  return run.root;
}

function inspected(answer: Answer): Inspected {
  if (!answer.ok) throw new Error(answer.error.message);
  return answer;
}

/** What a finding is about, in one line. */
function lineOf(finding: Finding): string {
  return JSON.stringify(finding);
}

/** Verdicts on artifacts that were found good, by participant and name. */
function goodOf({ run }: Inspected): string[] {
  return run.participants.flatMap(({ name, artifacts }) =>
    artifacts.filter(({ integrity_ok }) => integrity_ok).map((each) => `${name}/${each.logical_name}`),
  );
}

/** An answer in too little time: nothing in it that the answer in enough time lacks, and it says that it is not all. */
function expectNothingInvented(answer: Answer, sound: Inspected, level: Level): void {
  if (!answer.ok) {
    expect(answer.error.code).toBe('BUSY');
    return;
  }
  const known = new Set(sound.findings.map(lineOf));
  const others = answer.findings.filter((each) => !known.has(lineOf(each)));
  expect(new Set([...others.map(({ code }) => code), 'ARTIFACT_NOT_VERIFIED'])).toStrictEqual(
    new Set(['ARTIFACT_NOT_VERIFIED']),
  );
  const { coverage } = answer;
  if (others.length > 0) expect(coverage.complete).toBe(false);
  else expect(answer.findings).toStrictEqual(sound.findings);
  if (level !== 'none') {
    const good = new Set(goodOf(sound));
    expect(goodOf(answer).filter((each) => !good.has(each))).toStrictEqual([]);
  }
  const namesOf = ({ run }: Inspected): string[] => run.participants.map(({ name }) => name);
  expect(namesOf(answer)).toStrictEqual(namesOf(sound));
}

const SLOW = [
  ['every open takes 50 ms', 'delay open 50 -1 *'],
  ['every stat takes 20 ms', 'delay getattr 20 -1 *'],
] as const;
const LEVELS = ['digest', 'size', 'none'] as const;

describe('getBackupRun() with a time budget is BUSY or answers with what it knows, when', () => {
  const cases = SLOW.flatMap(([what, order]) => LEVELS.map((level) => [what, level, order] as const));
  it.skipIf(skipped).each(cases)('%s, at level %s', { timeout }, async (_, level, order) => {
    const disk = await mountFaultyDisk(makeBadRun());
    const budgets = [1, 50, 200, 400, 800, 1_600, 3_200];
    const calls = [{ level }, ...budgets.map((timeBudgetMs) => ({ level, timeBudgetMs }))];
    const given: BudgetsInput = { ...disk, request: { run_id: RUN_ID }, orders: [order], calls };
    const { sound, slow } = await runChild<BudgetsOutput>('budgets', given);
    const [unbounded, ...bounded] = slow;
    // Slow is not wrong.
    expect(unbounded?.answer).toStrictEqual(sound);
    for (const { answer } of bounded) expectNothingInvented(answer, inspected(sound), level);
    const [shortest] = bounded;
    expect(shortest?.answer.ok).toBe(false);
    // It holds for the whole call: what would take far longer without it is over by then.
    if (level === 'digest') expect(shortest?.milliseconds).toBeLessThan((unbounded?.milliseconds ?? 0) / 2);
    const shown = slow.map(({ answer, milliseconds }) => {
      const verified = answer.ok ? `${answer.coverage.verified} verified` : answer.error.code;
      return `${Math.round(milliseconds)} ms: ${verified}`;
    });
    tell(`${order}, ${level}: ${shown.join(', ')}`);
  });
});
