/** Keeps the first few of many items by some text of theirs, in memory bounded by what is kept, and counts them all. */

/** The first of many items. */
export interface First<T> {
  readonly add: (item: T) => void;
  /** In order. */
  readonly first: () => T[];
  /** All that were added. */
  readonly total: () => number;
}

export function createFirst<T>(most: number, textOf: (item: T) => string): First<T> {
  let kept: T[] = [];
  let total = 0;
  const cut = (): void => {
    kept = kept.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1)).slice(0, most);
  };
  return {
    add(item) {
      total += 1;
      kept.push(item);
      // Sorting now and then what is twice too many costs less than finding each its place.
      if (kept.length > 2 * most + 1_024) cut();
    },
    first() {
      cut();
      return kept;
    },
    total: () => total,
  };
}
