/** Paths of findings about a directory, beside many deep paths that are told already. */

import { NOTHING_UNLISTED, unlistedFindings } from '../../../src/inspect/unlisted-findings.ts';
import type { HeldRun } from '../../../src/jobs/disk.ts';
import { input, say } from './say.ts';

export interface DeepStraysInput {
  readonly paths: number;
  readonly names: number;
}

const { paths, names } = input() as DeepStraysInput;
const run = { run: { path: 'completed/r' }, unlistable: [] } as unknown as HeldRun;
const deep = '/a'.repeat(names - 1);
const about = Array.from({ length: paths }, (_, index) => `completed/r/${index}${deep}`);
const unlistable = [{ path: 'completed/r/sub', errno: 'EACCES' }];
const found = { ...NOTHING_UNLISTED, unlistable, unlistableTotal: 1 };
const known = { about: () => about, isOutOfTime: false, most: 10 };
say(unlistedFindings(found, run, known).findings.map(({ path }) => path));
