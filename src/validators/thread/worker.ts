/** The thread of one validation: answers every chunk that it is sent, and null at the end. */

import { parentPort, workerData } from 'node:worker_threads';
import { createScanner } from './create-scanner.ts';
import { isScanMessage, type ScanAnswer, type ScanTask } from './protocol.ts';

const task: ScanTask = workerData;
const scanner = createScanner(task);

/** What it throws ends the thread, which is how its host learns of it. */
parentPort?.on('message', (message: unknown) => {
  if (!isScanMessage(message)) return;
  const { chunk } = message;
  const answer: ScanAnswer = { reply: chunk === null ? scanner.end() : scanner.push(chunk) };
  parentPort?.postMessage(answer);
});
