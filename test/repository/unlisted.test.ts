import { describe, expect, it } from 'vitest';
import { NOTHING_UNLISTED, unlistedFindings } from '../../src/inspect/unlisted-findings.ts';
import type { HeldRun } from '../../src/jobs/disk.ts';
import { runChild } from '../support/built.ts';
import type { DeepStraysInput } from '../support/children/deep-strays.ts';

const RUN = { run: { path: 'completed/r' }, unlistable: [] } as unknown as HeldRun;

/** Paths of findings about the directory `sub`, which cannot be listed, when these paths below the run are told already. */
function toldBeside(...told: readonly string[]): (string | undefined)[] {
  const found = {
    ...NOTHING_UNLISTED,
    unlistable: [{ path: 'completed/r/sub', errno: 'EACCES' }],
    unlistableTotal: 1,
  };
  const about = told.map((path) => `completed/r/${path}`);
  const known = { about: () => about, isOutOfTime: false, most: 10 };
  return unlistedFindings(found, RUN, known).findings.map(({ path }) => path);
}

describe('unlistedFindings() report a directory that could not be listed', () => {
  it.each([
    ['nothing is told', []],
    ['nothing below it is told', ['a', 'su', 'zz/x']],
    ['only a sibling with the same beginning is told', ['sub-other/x', 'sub.x', 'sub0/x', 'suba', 'sub ']],
    ['only another directory of that name is told', ['other/sub/x']],
  ])('when %s', (_, told) => {
    expect(toldBeside(...told)).toStrictEqual(['completed/r/sub']);
  });

  it.each([
    ['that is the same', ['sub']],
    ['below it', ['sub/x']],
    ['deep below it', ['sub/a/b/c']],
    ['below it, among siblings in any order', ['zz', 'sub0/x', 'sub/x', 'sub.x', 'sub-other/x', 'a']],
  ])('not once more when a path %s is told', (_, told) => {
    expect(toldBeside(...told)).toStrictEqual([]);
  });

  it('in little memory, however deep the paths are that are told', async () => {
    const given: DeepStraysInput = { paths: 300, names: 2_000 };
    const output = await runChild('deep-strays', given, { nodeFlags: ['--max-old-space-size=128'] });
    expect(output).toStrictEqual(['completed/r/sub']);
  });
});
