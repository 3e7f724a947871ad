import { describe, expect, it } from 'vitest';
import { createInspector, getBackupRun, type Answer } from '../../../src/index.ts';
import { ATTACKS, OUTSIDE, said, stage } from '../../support/attacks.ts';
import { lacks, tell } from '../../support/needs.ts';
import { RUN_ID } from '../../support/runs.ts';
import { startSwapper } from '../../support/swapper.ts';

const INSPECTIONS = 600;
/** Inspected at one time through one inspector: what is waiting is raced too. */
const TOGETHER = 4;

const skip = lacks('the racing swapper', 'linux', 'gcc');

/** What an answer shows of the attack. */
function outcomeOf(answer: Answer): string {
  if (!answer.ok) return answer.error.code;
  const codes = answer.findings.map(({ code, actual }) =>
    actual === 'symlink' ? `${code} (symlink)` : code,
  );
  return [...new Set(codes)]
    .map((code) => `${codes.filter((each) => each === code).length} ${code}`)
    .join(' + ');
}

describe.skipIf(skip)(
  'getBackupRun() never reads outside the run directory, while a process exchanges',
  () => {
    it.each(ATTACKS)('$name', { timeout: 300_000 }, async (attack) => {
      const { root, paths } = stage(attack);
      const calm = outcomeOf(await getBackupRun({ run_id: RUN_ID }, { root }));
      const swapper = await startSwapper(...paths);
      const outcomes = new Map<string, number>();
      await using inspector = createInspector({ root });
      let done = 0;
      const isRaced = (): boolean => [...outcomes.keys()].some((outcome) => outcome !== calm);
      // Unless something else was seen than in peace, nothing was raced: on a busy machine that takes longer.
      for (; done < INSPECTIONS || (!isRaced() && done < 10 * INSPECTIONS); done += TOGETHER) {
        const batch = Array.from({ length: TOGETHER }, () => inspector.getBackupRun({ run_id: RUN_ID }));
        for (const answer of await Promise.all(batch)) {
          outcomes.set(outcomeOf(answer), (outcomes.get(outcomeOf(answer)) ?? 0) + 1);
          expect(said(answer)).not.toMatch(new RegExp(`${OUTSIDE}|"integrity_ok":true`));
        }
      }
      const exchanges = await swapper.stop();
      const seen = [...outcomes].map(([outcome, count]) => `${count} × ${outcome}`);
      tell(`${done} inspections raced ${exchanges} exchanges of ${attack.name}: ${seen.join('; ')}`);
      expect(exchanges).toBeGreaterThan(done);
      expect(isRaced()).toBe(true);
    });
  },
);
