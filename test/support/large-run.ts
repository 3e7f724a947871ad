/** A run that takes its time, and what became of inspections of it. */

import { truncateSync } from 'node:fs';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { onTestFinished } from 'vitest';
import type { InspectTrace } from '../../src/diagnostics.ts';
import { makeRun, type MadeRun, type RunToMake } from './runs.ts';

/** A run whose artifact is so large, and costs no space, that hashing it is under way when it is first seen open. */
export function makeLargeRun(given: Pick<RunToMake, 'root' | 'runId'> = {}): MadeRun {
  const size = 1 << 30;
  const artifacts = [{ logical_name: 'trades.db', size_bytes: size, sha256: '0'.repeat(64) }];
  const run = makeRun({ ...given, trades: { artifacts } });
  truncateSync(run.at('trades.db'), size);
  return run;
}

/** What inspections of this process end with, from now on to the end of the test: an answer's kind or why they broke off. */
export function inspectionsEnd(): readonly unknown[] {
  const ends: unknown[] = [];
  const note = (message: unknown): void => {
    const { result, error } = message as InspectTrace;
    ends.push(result === undefined ? error : result.ok);
  };
  subscribe('tracing:backup-run-inspector:inspect:asyncEnd', note);
  onTestFinished(() => void unsubscribe('tracing:backup-run-inspector:inspect:asyncEnd', note));
  return ends;
}
