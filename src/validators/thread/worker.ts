/** The thread of one validation: messages come in, a reply to each goes out. */

import { parentPort, workerData } from 'node:worker_threads';
import { checkDatabase } from '../sqlite/check-database.ts';
import { createScanner } from './create-scanner.ts';
import type { Message, Reply, Task } from './protocol.ts';

const task: Task = workerData;
const answer = 'scan' in task ? answerScan(task) : (): Promise<Reply> => checkDatabase(task);

function answerScan(its: Extract<Task, { scan: unknown }>): (message: Message) => Reply {
  const scanner = createScanner(its);
  return (message) => (message === null ? scanner.end() : scanner.push(message));
}

parentPort?.on('message', (message: Message) => {
  void reply(message);
});

/** What it throws ends the thread, and is told by that. */
async function reply(message: Message): Promise<void> {
  parentPort?.postMessage(await answer(message));
}
