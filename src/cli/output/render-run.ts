/** An inspected run as lines for a person. */

import type { Inspected } from '../../index.ts';
import { renderFindings } from './render-findings.ts';
import { renderHead } from './render-head.ts';
import { renderParts } from './render-parts.ts';
import { runVerdictOf } from './verdict.ts';
import { wrapped, type View } from './view.ts';

/** Lines beyond which the verdict has left the screen before the end is reached, or stands below what is to be read first. */
const LONG = 20;

/** The run at a glance, its parts, what is wrong with it, and the verdict; on a terminal it stands first too where that is long. */
export function renderRun(answer: Inspected, view: View): string[] {
  const { meaning, text } = runVerdictOf(answer);
  const verdict = wrapped(text, view.columns).map((each) => view.paint(meaning, each));
  const lines = [
    ...renderHead(answer.run, view),
    ...renderParts(answer, view),
    ...renderFindings(answer, view),
  ];
  const isLong = view.columns !== null && lines.length > LONG;
  return [...(isLong ? [...verdict, ''] : []), ...lines, ...verdict];
}
