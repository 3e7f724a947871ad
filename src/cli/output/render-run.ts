/** An inspected run as lines for a person. */

import type { Inspected } from '../../index.ts';
import { renderFindings } from './render-findings.ts';
import { renderHead } from './render-head.ts';
import { renderParts } from './render-parts.ts';
import { runVerdictOf } from './verdict.ts';
import { wrapped, type View } from './view.ts';

/** The run at a glance, its parts, what is wrong with it, and the verdict. */
export function renderRun(answer: Inspected, view: View): string[] {
  const { meaning, text } = runVerdictOf(answer);
  return [
    ...renderHead(answer.run, view),
    ...renderParts(answer, view),
    ...renderFindings(answer, view),
    ...wrapped(text, view.columns).map((each) => view.paint(meaning, each)),
  ];
}
