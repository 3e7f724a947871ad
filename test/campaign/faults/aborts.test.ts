import { describe, expect, it } from 'vitest';
import { runChild } from '../../support/built.ts';
import type { AbortsOutput } from '../../support/children/aborts.ts';
import { lacks, NODE_26, tell } from '../../support/needs.ts';
import { makeRun } from '../../support/runs.ts';

const STAGES = 120;
const skip = lacks('what aborts leave over', 'linux');

const hasNode26 = !lacks(
  'what aborts leave over on Node 26',
  'other versions of Node (npm ci --prefix test/nodes)',
);
const NODES = hasNode26 ? [process.execPath, NODE_26] : [process.execPath];

describe.skipIf(skip).each(NODES)('%s, with garbage collected after each abort,', (node) => {
  it.each([0, 2])('has nothing left over of an abort at any stage, with %i threads', async (threads) => {
    const names = Array.from({ length: 12 }, (_, index) => `sub/dir/${index}.db`);
    const run = makeRun({ artifacts: Object.fromEntries(names.map((name) => [name, name.repeat(40_000)])) });
    const asked = { root: run.root, runId: run.runId, threads, stages: STAGES };
    const output = await runChild<AbortsOutput>('aborts', asked, { node, nodeFlags: ['--expose-gc'] });
    tell(`${output.node}: ${output.aborted} inspections aborted, ${output.answered} answered before`);
    expect(output).toMatchObject({ listeners: 0, warnings: [] });
    expect(output.aborted + output.answered).toBe(STAGES);
    // Without threads a call lets nobody else have a turn for most of its time.
    expect(output.aborted).toBeGreaterThan(threads === 0 ? 0 : STAGES / 4);
    expect(output.descriptors.after).toBe(output.descriptors.before);
    expect(output.resources.after).toStrictEqual(output.resources.before);
  });
});
