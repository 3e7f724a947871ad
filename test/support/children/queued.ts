/** Aborts an inspection and asks for the next at once, with nothing else in this process that keeps it alive. */

import { createInspector, type Answer } from '../../../src/index.ts';
import { input, say } from './say.ts';

export interface QueuedInput {
  readonly root: string;
  /** A run that takes its time to hash. */
  readonly runId: string;
  readonly threads: number;
}

export interface QueuedOutput {
  readonly first: string;
  readonly second: Answer['ok'];
}

const { root, runId, threads } = input() as QueuedInput;
const request = { run_id: runId };
const inspector = createInspector({ root, threads });
const controller = new AbortController();
const first = await inspector
  .getBackupRun(request, {
    signal: controller.signal,
    onProgress: ({ bytesDone }) => void (bytesDone > 0 && controller.abort('enough')),
  })
  .then(() => 'answered', String);
// The one worker there is may still be at what was aborted.
const { ok } = await inspector.getBackupRun(request, { level: 'size' });
await inspector.close();
say({ first, second: ok } satisfies QueuedOutput);
