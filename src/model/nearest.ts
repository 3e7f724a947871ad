/** The known word that an unknown one was probably meant to be. */

import damerauLevenshtein from 'damerau-levenshtein';

/** Characters. Longer than anything that is known: comparing it would only cost time. */
const LONGEST_WORD = 64;

/** Letters to add, drop, replace, or exchange with the next one; null when they are more than `most`. */
export function editDistance(from: string, to: string, most: number): number | null {
  // For words of very different length it stops early, and its answer is then no distance.
  if (Math.abs(from.length - to.length) > most) return null;
  const { steps } = damerauLevenshtein(from, to);
  return steps > most ? null : steps;
}

/** The nearest of the known words, the first of equals; null when none is near. */
export function nearest(word: string, known: readonly string[]): string | null {
  if (word.length > LONGEST_WORD) return null;
  let best: { readonly name: string; readonly distance: number } | null = null;
  for (const name of known) {
    const isBeginning = word.length > 2 && name.startsWith(word);
    const distance = isBeginning
      ? 1
      : editDistance(word.toLowerCase(), name.toLowerCase(), Math.max(1, name.length / 3));
    if (distance !== null && distance < (best?.distance ?? Infinity)) best = { name, distance };
  }
  return best?.name ?? null;
}

/** `; did you mean …?`, or nothing. */
export function suggestion(word: string, known: readonly string[]): string {
  const name = nearest(word, known);
  return name === null ? '' : `; did you mean ${name}?`;
}
