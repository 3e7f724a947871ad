/** Checks and completes the options of a caller, whose own mistake a bad one is (pure). */

import * as v from 'valibot';
import { suggestion } from './nearest.ts';
import { quote } from './printable.ts';

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

/**
 * An object with no other keys than these: a limit that is lost to a misspelling must not go unseen. A key with `undefined` is
 * as good as absent.
 */
export function exactly<const Entries extends v.ObjectEntries>(entries: Entries) {
  const known = Object.keys(entries);
  return v.pipe(
    v.unknown(),
    v.rawCheck(({ dataset, addIssue }) => {
      const unknown = unknownKey(dataset.value, known);
      if (unknown === null) return;
      const hint = suggestion(unknown, known) || `; known are ${known.join(', ')}`;
      addIssue({ message: `unknown key ${quote(unknown)}${hint}` });
    }),
    v.object(entries),
  );
}

/** The first own key that is set and not known; null where there is none, or it cannot be found out. */
export function unknownKey(value: unknown, known: readonly string[]): string | null {
  try {
    if (typeof value !== 'object' || value === null) return null;
    const isUnknown = (key: string): boolean => !known.includes(key) && Reflect.get(value, key) !== undefined;
    return Object.keys(value).find(isUnknown) ?? null;
  } catch {
    // A getter or a proxy threw: whoever reads what is known says so.
    return null;
  }
}
