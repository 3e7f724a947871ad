/** Findings as lines for a person, each with what was expected and what was found. */

import { printable } from '../../model/printable.ts';
import type { Finding, Inspected } from '../../index.ts';
import type { Meaning } from './paint.ts';
import { counted, grouped } from './quantities.ts';
import { tally } from './verdict.ts';
import { shownMessage, wrapped, type View } from './view.ts';
import { width } from './width.ts';

/** Findings of one code that are shown; of more, how many they are. */
const MOST_OF_A_CODE = 10;

/** What a severity means. */
export function meaningOf(severity: Finding['severity']): Meaning {
  return severity === 'error' ? 'bad' : 'doubtful';
}

/** What is wrong, in the order of the answer; those of one code beyond ten are counted. */
export function renderFindings({ findings, coverage }: Inspected, view: View): string[] {
  if (findings.length === 0) return [];
  const { shown, hidden } = view.hasAllFindings ? { shown: findings, hidden: new Map() } : selected(findings);
  const left = coverage.findingsTotal - findings.length;
  return [
    `${view.paint('strong', 'Findings')}: ${tally(findings)}`,
    ...shown.flatMap((finding) => renderFinding(finding, view)),
    ...[...hidden].flatMap(([code, number]) =>
      wrapped(`and ${grouped(number)} more ${code}; --all-findings shows them`, view.columns, 2),
    ),
    ...(left > 0 ? [`  and ${counted(left, 'more', 'more')} that were not kept`] : []),
    '',
  ];
}

interface ShownFindings {
  readonly shown: readonly Finding[];
  /** How many are left out, by code, in the order of the codes' first findings. */
  readonly hidden: ReadonlyMap<Finding['code'], number>;
}

function selected(findings: readonly Finding[]): ShownFindings {
  const seen = new Map<Finding['code'], number>();
  const shown = findings.filter(({ code }) => {
    const number = (seen.get(code) ?? 0) + 1;
    seen.set(code, number);
    return number <= MOST_OF_A_CODE;
  });
  const hidden = [...seen].flatMap(([code, number]) =>
    number > MOST_OF_A_CODE ? [[code, number - MOST_OF_A_CODE] as const] : [],
  );
  return { shown, hidden: new Map(hidden) };
}

function renderFinding(finding: Finding, view: View): string[] {
  const { code, severity, participant, artifact } = finding;
  const place = [participant, artifact]
    .flatMap((name) => (name === undefined ? [] : printable(name)))
    .join(' / ');
  const title = `  ${severity.padEnd(7)}  ${code}`;
  const head = title.replace(severity, view.paint(meaningOf(severity), severity));
  const isShort = view.columns === null || width(title) + width(place) + 2 <= view.columns;
  return [
    ...(isShort ? [`${head}  ${place}`.trimEnd()] : [head, ...wrapped(place, view.columns, 4)]),
    ...wrapped(shownMessage(finding.message), view.columns, 4),
    ...factsOf(finding).flatMap(([label, value]) => wrapped(`${label.padEnd(9)} ${value}`, view.columns, 4)),
  ];
}

/** What the message does not hold: digests are shortened in it. */
function factsOf({ message, expected, actual, path }: Finding): (readonly [string, string])[] {
  const shown = shownMessage(message);
  const values = [
    ['expected', expected],
    ['actual', actual],
  ] as const;
  return [
    ...values.flatMap(([label, value]) =>
      value === undefined || holds(shown, printable(String(value)))
        ? []
        : [[label, typeof value === 'number' ? grouped(value) : printable(value)] as const],
    ),
    ...(path === undefined ? [] : [['at', printable(path)] as const]),
  ];
}

/** Whether a text stands in a message, and not only as a part of a longer word or number. */
function holds(message: string, text: string): boolean {
  for (let at = message.indexOf(text); at !== -1; at = message.indexOf(text, at + 1)) {
    if (!isOfWord(message[at - 1]) && !isOfWord(message[at + text.length])) return true;
  }
  return false;
}

function isOfWord(character = ''): boolean {
  return /^[\p{L}\p{N}]$/u.test(character);
}
