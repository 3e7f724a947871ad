/** Inspects a run with an inspector as it comes, and reports the most threads that the process had meanwhile. */

import { readdirSync } from 'node:fs';
import { createInspector } from '../../../src/index.ts';
import { input, say } from './say.ts';

export interface ThreadsInput {
  readonly root: string;
  readonly runId: string;
  /** At one time. */
  readonly calls: number;
}

export interface ThreadsOutput {
  readonly verified: number;
  readonly before: number;
  readonly most: number;
}

const { root, runId, calls } = input() as ThreadsInput;
const count = (): number => readdirSync('/proc/self/task').length;

const before = count();
let most = before;
const looking = setInterval(() => (most = Math.max(most, count())), 1);
const inspector = createInspector({ root });
const answers = await Promise.all(
  Array.from({ length: calls }, () => inspector.getBackupRun({ run_id: runId })),
);
most = Math.max(most, count());
clearInterval(looking);
await inspector.close();
const verified = answers.map((answer) => (answer.ok ? answer.coverage.verified : 0));
say({ verified: Math.min(...verified), before, most } satisfies ThreadsOutput);
