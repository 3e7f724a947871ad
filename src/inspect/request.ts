/** Checks a request, which may be anything; a bad one is an answer and never a caller's mistake (pure). */

import * as v from 'valibot';
import { invalidData, notFound, Refusal } from '../model/errors.ts';
import { bare } from '../model/bare.ts';
import { describe } from '../model/printable.ts';
import { isRunId } from '../repository/layout.ts';

/** Which run is meant. */
export interface BackupRunRequest {
  /** The run's id: the name of its directory. */
  run_id: string;
}

const requestSchema = v.object(bare({ run_id: v.string() }));

/** The run id of a request; throws a `Refusal` for anything else. No file is touched. */
export function runIdOf(request: unknown): string {
  const runId = readRunId(request);
  if (!isRunId(runId)) throw new Refusal(notFound(runId));
  return runId;
}

/** The text that a request has for a run id, whatever it is; throws a `Refusal` where it has none. */
export function readRunId(request: unknown): string {
  let found = 'a value that cannot be read';
  try {
    const parsed = v.safeParse(Array.isArray(request) ? v.never() : requestSchema, request);
    if (parsed.success) return parsed.output.run_id;
    const [issue] = parsed.issues;
    found = describe(issue.input);
  } catch {
    // A getter or a proxy threw: whatever it meant, it is no request.
  }
  throw new Refusal(invalidData(`expected a run_id that is a string, found ${found}`));
}
