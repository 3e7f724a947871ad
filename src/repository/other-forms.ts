/** Notes which files that nobody claims stand where a claimed one would, were its path in another Unicode form. */

import { commonForm, mayHaveForms } from '../model/unicode-form.ts';

/** A claimed path, and one on disk that is the same in another form; both from the run directory. */
export interface OtherForm {
  readonly claimed: string;
  readonly found: string;
}

/** Takes the paths that are found, and gives at most one for each that is claimed. */
export interface FormNotes {
  readonly note: (path: readonly string[]) => void;
  readonly noted: () => OtherForm[];
}

/** Where all claimed paths are ASCII, nothing is looked at twice. */
export function createFormNotes(
  claimed: readonly string[],
  textOf: (path: readonly string[]) => string,
): FormNotes {
  const byForm = new Map<string, string[]>();
  for (const path of claimed.filter(mayHaveForms)) {
    const form = commonForm(path);
    byForm.set(form, [...(byForm.get(form) ?? []), path]);
  }
  const found = new Map<string, string>();
  return {
    note(path) {
      if (byForm.size === 0) return;
      const text = textOf(path);
      for (const each of byForm.get(commonForm(text)) ?? []) {
        const before = found.get(each);
        // The order in which a directory is listed is nobody's.
        if (before === undefined || text < before) found.set(each, text);
      }
    },
    noted: () => Array.from(found, ([path, text]) => ({ claimed: path, found: text })),
  };
}
