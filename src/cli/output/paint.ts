/** What a piece of text means comes in, the text in its colour goes out; as it was where there are no colours. */

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

/** Colours text; it must be complete, padding included, as widths are not told from coloured text. */
export type Paint = (meaning: Meaning, text: string) => string;

export const paintPlain: Paint = (_, text) => text;

export const paintColours: Paint = (meaning, text) =>
  // Whether there are colours was asked already.
  styleText(STYLES[meaning], text, { validateStream: false });
