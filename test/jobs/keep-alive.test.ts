import { expect, it } from 'vitest';
import { runChild } from '../support/built.ts';
import type { QueuedInput, QueuedOutput } from '../support/children/queued.ts';
import { makeLargeRun } from '../support/large-run.ts';

it.each([1, 2])(
  'a call that waits for one of %i threads keeps the process alive, though all of them are at aborted calls',
  async (threads) => {
    const { root, runId } = makeLargeRun();
    const input: QueuedInput = { root, runId, threads };
    // Node.js ends with code 13, which rejects, when nothing keeps it alive and the answer is still awaited.
    const output = await runChild<QueuedOutput>('queued', input);
    expect(output).toStrictEqual({ first: 'enough', second: true } satisfies QueuedOutput);
  },
);
