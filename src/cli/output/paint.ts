/** Colours by what text means, so that no other file names a colour. */

import { styleText } from 'node:util';

const STYLES = {
  good: 'green',
  bad: 'red',
  doubtful: 'yellow',
  busy: 'cyan',
  faint: 'dim',
  strong: 'bold',
} as const;

/** What text may mean. */
export type Meaning = keyof typeof STYLES;

/** Colours text; it must be complete, padding included, as coloured text has no width that could be measured. */
export type Paint = (meaning: Meaning, text: string) => string;

export const paintPlain: Paint = (_, text) => text;

export const paintColours: Paint = (meaning, text) =>
  // Whether there are colours was asked already.
  styleText(STYLES[meaning], text, { validateStream: false });
