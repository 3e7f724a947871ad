/** Options of a caller come in, the same checked and completed go out: a bad one is the caller's own mistake (pure). */

import * as v from 'valibot';

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
