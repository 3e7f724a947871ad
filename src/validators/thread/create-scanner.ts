/** Creates the scanner for a task. */

import { createJsonScanner } from '../json/scanner.ts';
import type { Scanner } from './scanner.ts';
import { createTarScanner } from '../tar/scanner.ts';
import type { ScanTask } from './protocol.ts';

export function createScanner(task: ScanTask): Scanner {
  return task.scan === 'json' ? createJsonScanner(task) : createTarScanner();
}
