/** Checks and completes the options of a caller, whose own mistake a bad one is (pure). */

import * as v from 'valibot';

/** Milliseconds that a timer of Node can be set to at most. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** Checks options of a caller; throws a `TypeError` that names the first bad one. */
export function checked<Schema extends v.GenericSchema>(
  schema: Schema,
  options: unknown,
  task: string,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, options);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const option = v.getDotPath(issue);
  const where = option === null ? 'options' : `option ${option}`;
  throw new TypeError(`Cannot ${task}: ${where}: ${issue.message}`);
}
