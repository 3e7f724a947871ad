/**
 * The program of the process that checks a database, which is sent to it as a string: its main thread watches, a thread of the same program
 * works.
 */

import { isMainThread, workerData } from 'node:worker_threads';
import { copyAndCheck } from './copy-and-check.ts';
import type { CheckRequest } from './protocol.ts';
import { watch } from './watchdog.ts';

/** The parameter of the function that this program is made to, in the main thread. */
declare const given: CheckRequest;

if (isMainThread) watch(given);
else void copyAndCheck(workerData);
