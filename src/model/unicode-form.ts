/** Unicode has several forms of one text, which look the same and are different names to most file systems (pure). */

/** Whether a text may have another form: ASCII has none. */
export function mayHaveForms(text: string): boolean {
  return /[^\0-\x7f]/.test(text);
}

/** What all forms of a text have in common (canonical equivalence, UAX 15). */
export function commonForm(text: string): string {
  return text.normalize('NFC');
}

/** The form of a text, in words. */
export function unicodeFormOf(text: string): string {
  if (text === text.normalize('NFC')) return 'NFC';
  return text === text.normalize('NFD') ? 'NFD' : 'neither NFC nor NFD';
}
