/** Has a database checked that takes for ever, says when the check is under way, and then ends as it is told to. */

import { readdirSync, writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { createInspector } from '../../../src/index.ts';
import { sqlite } from '../../../src/validators/index.ts';

export interface DatabaseInput {
  readonly root: string;
  readonly runId: string;
  /** For private copies; empty before. */
  readonly directory: string;
  readonly timeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly ending: 'wait' | 'abort' | 'close' | 'exit' | 'throw';
}

const { root, runId, directory, timeoutMs, stallTimeoutMs, ending } = JSON.parse(
  process.argv.at(-1)!,
) as DatabaseInput;
const inspector = createInspector({ root, stallTimeoutMs, validators: [sqlite({ directory, timeoutMs })] });
const controller = new AbortController();
const answer = inspector.getBackupRun({ run_id: runId }, { signal: controller.signal });
const settled = answer.then(
  (given) => (given.ok ? given.findings.map(({ actual }) => actual) : given.error.code),
  (reason: unknown) => `rejected: ${String(reason)}`,
);

for (;;) {
  const [name] = readdirSync(directory);
  // Copied, and opened by SQLite.
  if (name !== undefined && readdirSync(`${directory}/${name}`).length > 0) {
    writeSync(1, `${name}\n`);
    break;
  }
  await setTimeout(5);
}
if (ending === 'abort') controller.abort('enough');
if (ending === 'close') await inspector.close();
if (ending === 'exit') process.exit(0);
if (ending === 'throw') throw new Error('a crash');
writeSync(1, `${JSON.stringify(await settled)}\n`);
await inspector.close();
