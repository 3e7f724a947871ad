/** Checks and completes the options of a caller, whose own mistake a bad one is (pure). */

import * as v from 'valibot';
import { bare } from './bare.ts';
import { suggestion } from './nearest.ts';
import { describe, quote } from './printable.ts';

/** A safe non-negative integer. */
export const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

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
  const where = option === null ? 'options' : `option \`${option}\``;
  throw new TypeError(
    `Cannot ${task}: ${where}${isRequired(issue) ? ' is required' : `: ${issueReason(issue)}`}`,
  );
}

/** What the schemas of options expect, in words; what is not of the list has a message of its own. */
const EXPECTED: Readonly<Record<string, (requirement: unknown) => string>> = {
  object: () => 'an object',
  array: () => 'an array',
  string: () => 'a string',
  number: () => 'a number',
  boolean: () => 'true or false',
  non_empty: () => 'text',
  excludes: () => 'text without NUL',
  safe_integer: () => 'a whole number',
  finite: () => 'a finite number',
  min_value: (least) => `at least ${String(least)}`,
  max_value: (most) => `at most ${String(most)}`,
};

/** Whether a key is not there: then valibot expects the key itself. */
function isRequired({ type, expected }: v.BaseIssue<unknown>): boolean {
  return type === 'object' && expected?.startsWith('"') === true;
}

/** What is wrong with a value of a caller: what was expected, and what was found. */
export function issueReason(issue: v.BaseIssue<unknown>): string {
  const { type, expected, input, message, requirement } = issue;
  if (isRequired(issue)) return 'it is required';
  const isChoice = type === 'picklist' || type === 'union';
  const wanted = isChoice
    ? (expected ?? '').replace(/^\(|\)$/g, '').replaceAll(' | ', ', ')
    : EXPECTED[type]?.(requirement);
  return wanted === undefined ? message : `expected ${wanted}, found ${describe(input)}`;
}

/**
 * An object with no other keys than these: a limit that is lost to a misspelling must not go unseen. A key with `undefined` is
 * as good as absent.
 */
export function exactly<const Entries extends v.ObjectEntries>(entries: Entries) {
  const known = Object.keys(entries);
  return v.pipe(
    v.unknown(),
    // To valibot an array is an object that lacks every key.
    v.check((value) => !Array.isArray(value), 'expected an object, found an array'),
    v.rawCheck(({ dataset, addIssue }) => {
      const unknown = unknownKey(dataset.value, known);
      if (unknown === null) return;
      const hint = suggestion(unknown, known) || `; known are ${known.join(', ')}`;
      addIssue({ message: `unknown key ${quote(unknown)}${hint}` });
    }),
    v.object(bare(entries)),
  );
}

/** The first own key that is set and not known; null where there is none, or it cannot be found out. */
export function unknownKey(value: unknown, known: readonly string[]): string | null {
  try {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    const isUnknown = (key: string): boolean => !known.includes(key) && Reflect.get(value, key) !== undefined;
    return Object.keys(value).find(isUnknown) ?? null;
  } catch {
    // A getter or a proxy threw: whoever reads what is known says so.
    return null;
  }
}
