/** Findings as lines for a person, each with what was expected and what was found. */

import { printable } from '../../quote.ts';
import type { Finding, Inspected } from '../../index.ts';
import type { Meaning } from './paint.ts';
import { counted, grouped } from './quantities.ts';
import { tally } from './verdict.ts';
import { shownMessage, wrapped, type View } from './view.ts';
import { width } from './width.ts';

/** Findings that are shown; of more, how many they are. */
const MOST_SHOWN = 1_000;

/** What a severity means. */
export function meaningOf(severity: Finding['severity']): Meaning {
  return severity === 'error' ? 'bad' : 'doubtful';
}

/** Everything that is wrong, with what was expected and what was found. */
export function renderFindings({ findings, coverage }: Inspected, view: View): string[] {
  if (findings.length === 0) return [];
  const shown = findings.slice(0, MOST_SHOWN);
  const left = coverage.findingsTotal - shown.length;
  return [
    `${view.paint('strong', 'Findings')}: ${tally(findings)}`,
    ...shown.flatMap((finding) => renderFinding(finding, view)),
    ...(left > 0 ? [`  and ${counted(left, 'more', 'more')}`] : []),
    '',
  ];
}

function renderFinding(finding: Finding, view: View): string[] {
  const { code, severity, message, participant, artifact, path, expected, actual } = finding;
  const place = [participant, artifact]
    .flatMap((name) => (name === undefined ? [] : printable(name)))
    .join(' / ');
  const title = `  ${severity.padEnd(7)}  ${code}`;
  const head = title.replace(severity, view.paint(meaningOf(severity), severity));
  const isShort = view.columns === null || width(title) + width(place) + 2 <= view.columns;
  const facts = [
    ['expected', expected],
    ['actual', actual],
    ['at', path],
  ] as const;
  return [
    ...(isShort ? [`${head}  ${place}`.trimEnd()] : [head, ...wrapped(place, view.columns, 4)]),
    ...wrapped(shownMessage(message), view.columns, 4),
    ...facts.flatMap(([label, value]) =>
      value === undefined ? [] : wrapped(`${label.padEnd(9)} ${shownValue(value)}`, view.columns, 4),
    ),
  ];
}

function shownValue(value: string | number): string {
  return typeof value === 'number' ? grouped(value) : printable(value);
}
