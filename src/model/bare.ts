/** Objects without a prototype (pure). */

/**
 * The same entries, without a prototype: valibot takes inherited keys for entries of a schema too, and a host may have added some to
 * all objects.
 */
export function bare<Entries extends object>(entries: Entries): Entries {
  return Object.assign(Object.create(null), entries);
}
