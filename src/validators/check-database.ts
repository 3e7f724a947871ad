/** The path of a private copy of a database comes in, what SQLite says about it goes out. Runs in a thread of its own. */

import type { DatabaseTask, Reply } from './task.ts';

export function checkDatabase(task: DatabaseTask): Promise<Reply> {
  throw new Error(task.database);
}
