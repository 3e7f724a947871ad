/** Publishes what the library does on `node:diagnostics_channel`; does nothing where nobody subscribes. */

import { channel, tracingChannel } from 'node:diagnostics_channel';
import type { Answer } from './model/answer.ts';
import type { Level } from './model/run.ts';

/** Context of `tracing:backup-run-inspector:inspect:*`, one inspection. `result`, with all findings, is there from `asyncStart` on. */
export interface InspectTrace {
  /** As the caller gave it. */
  readonly request: unknown;
  readonly level: Level;
  result?: Answer;
  error?: unknown;
}

/** Context of `tracing:backup-run-inspector:hash:*`, one read of an artifact, or of some small ones together. */
export interface HashTrace {
  /** The run's path, in the form of answers. */
  readonly run: string;
  readonly files: readonly {
    /** From the run directory, with `/` between the names. */
    readonly path: string;
    /** Bytes it should have. */
    readonly size: number;
  }[];
  result?: unknown;
  error?: unknown;
}

/** Message of `backup-run-inspector:fallback`: threads cannot be had, everything is done on the calling thread instead. */
export interface FallbackMessage {
  readonly reason: unknown;
}

const INSPECT = tracingChannel<unknown, InspectTrace>('backup-run-inspector:inspect');
const HASH = tracingChannel<unknown, HashTrace>('backup-run-inspector:hash');
const FALLBACK = channel('backup-run-inspector:fallback');

export function traceInspect(
  request: unknown,
  level: Level,
  inspect: () => Promise<Answer>,
): Promise<Answer> {
  return INSPECT.hasSubscribers ? INSPECT.tracePromise(inspect, { request, level }) : inspect();
}

export function traceHash<T>(run: string, files: HashTrace['files'], read: () => Promise<T>): Promise<T> {
  if (!HASH.hasSubscribers) return read();
  return HASH.tracePromise(read, { run, files: files.map(({ path, size }) => ({ path, size })) });
}

export function publishFallback(reason: unknown): void {
  const message: FallbackMessage = { reason };
  FALLBACK.publish(message);
}
