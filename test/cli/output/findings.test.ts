import { describe, expect, it } from 'vitest';
import type { Finding, Inspected } from '../../../src/index.ts';
import { paintPlain } from '../../../src/cli/output/paint.ts';
import { renderFindings } from '../../../src/cli/output/render-findings.ts';
import type { View } from '../../../src/cli/output/view.ts';
import { width } from '../../../src/cli/output/width.ts';

const VIEW: View = { columns: null, paint: paintPlain, isUtc: true, hasAllFindings: false, now: 0 };

function missing(index: number): Finding {
  const artifact = `part-${index}.bin`;
  return { code: 'ARTIFACT_MISSING', severity: 'error', message: `"${artifact}" is missing`, artifact };
}

const UNLISTED: Finding = {
  code: 'ARTIFACT_UNLISTED',
  severity: 'warning',
  message: '"stray" is listed by nobody',
  path: 'backups/completed/a/stray',
};

function lines(findings: Finding[], view: Partial<View> = {}, findingsTotal = findings.length): string[] {
  const answer = { findings, coverage: { findingsTotal } } as unknown as Inspected;
  return renderFindings(answer, { ...VIEW, ...view });
}

describe('renderFindings()', () => {
  const many = [...Array.from({ length: 12 }, (_, index) => missing(index)), UNLISTED];

  it('shows ten findings of a kind and counts the others, which hide no other kind', () => {
    const shown = lines(many);
    expect(shown.filter((line) => line.includes('ARTIFACT_MISSING  part-'))).toHaveLength(10);
    expect(shown).toContain('  warning  ARTIFACT_UNLISTED');
    expect(shown.slice(-2)).toEqual(['  and 2 more ARTIFACT_MISSING; --all-findings shows them', '']);
    expect(shown[0]).toBe('Findings: 12 errors, 1 warning');
    expect(lines(many.slice(0, 10)).at(-2)).toBe('    "part-9.bin" is missing');
  });

  it('shows all of them when that is asked for', () => {
    const shown = lines(many, { hasAllFindings: true });
    expect(shown.filter((line) => line.includes('ARTIFACT_MISSING  part-'))).toHaveLength(12);
    expect(shown.join('\n')).not.toContain('more');
  });

  it('counts those that were not kept', () => {
    expect(lines([UNLISTED], {}, 1_234).at(-2)).toBe('  and 1,233 more that were not kept');
  });

  it.each([60, 80, 140])('fits %d columns', (columns) => {
    const wide = { ...missing(0), message: `"${'約'.repeat(90)}" is missing`, participant: 'p'.repeat(70) };
    for (const line of lines([wide, ...many], { columns })) expect(width(line)).toBeLessThanOrEqual(columns);
  });

  const facts = (finding: Partial<Finding>): string[] =>
    lines([{ ...missing(0), ...finding }]).filter((line) => /^ {4}(?:expected|actual|at) /.test(line));

  it('says nothing twice: values that the message holds are not repeated', () => {
    const message = '"a" has 25 bytes on disk but 20 in the manifest';
    expect(facts({ message, expected: 20, actual: 25 })).toEqual([]);
    expect(facts({ message: '"a" is rejected: bad (magic)', actual: 'bad (magic)' })).toEqual([]);
  });

  it('shows values that the message does not hold wholly', () => {
    const [was, is] = ['a'.repeat(64), 'b'.repeat(64)];
    expect(facts({ message: `has ${is} on disk but ${was}`, expected: was, actual: is })).toEqual([
      `    expected  ${was}`,
      `    actual    ${is}`,
    ]);
    // Parts of longer numbers and words are other ones.
    expect(facts({ message: 'has 2500 and xbad', expected: 25_000, actual: 'bad' })).toEqual([
      '    expected  25,000',
      '    actual    bad',
    ]);
    expect(facts({ message: 'has 250', actual: 25 })).toEqual(['    actual    25']);
    expect(facts({ path: 'backups/completed/a/b' })).toEqual(['    at        backups/completed/a/b']);
  });
});
