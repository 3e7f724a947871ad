/** Findings about what is in a run directory and in no manifest, and about what could not be looked at (pure). */

import type { HeldRun } from '../jobs/disk.ts';
import type { Unlistable } from '../repository/list-participants.ts';
import type { OtherForm } from '../repository/other-forms.ts';
import type { FoundUnlisted } from '../repository/unlisted.ts';
import { finding, type Finding } from '../model/findings.ts';
import { unicodeFormOf } from '../model/unicode-form.ts';

/** Nothing was looked for. */
export const NOTHING_UNLISTED: FoundUnlisted = {
  paths: [],
  total: 0,
  unlistable: [],
  unlistableTotal: 0,
  otherForms: [],
};

/** What is known of a run by then. */
export interface AlreadyFound {
  /** Paths that findings speak of, in the form of answers; only wanted when something could not be looked at. */
  readonly about: () => readonly string[];
  /** Whether the time budget was over before all was looked at, or before the run was seen to stand still. */
  readonly isOutOfTime: boolean;
  /** Findings that are kept. */
  readonly most: number;
}

/** Findings by path, as many as are kept. */
export interface UnlistedFindings {
  readonly findings: readonly Finding[];
  /** All there are. */
  readonly total: number;
  /** Whether everything could be looked at. */
  readonly isComplete: boolean;
}

/** `found` is null when there was no time to find it all. */
export function unlistedFindings(
  found: FoundUnlisted | null,
  { run, unlistable: unlistableManifests }: HeldRun,
  { about, isOutOfTime, most }: AlreadyFound,
): UnlistedFindings {
  const { paths, total, unlistable, unlistableTotal, otherForms } = found ?? NOTHING_UNLISTED;
  const claimedAs = new Map(otherForms.map((each) => [`${run.path}/${each.found}`, each]));
  const all = [...unlistableManifests, ...unlistable];
  const known = all.length === 0 ? [] : about().toSorted();
  const exactly = new Set(known);
  // What could not be looked at is reported once: by what is known of it, or to be in it, or else here.
  const isKnown = ({ path }: Unlistable): boolean => exactly.has(path) || leadsToOne(known, `${path}/`);
  const unreported = new Map(all.filter((each) => !isKnown(each)).map((each) => [each.path, each]));
  const findings = [
    ...paths.map((path) => finding('ARTIFACT_UNLISTED', { path, ...formsOf(claimedAs.get(path)) })),
    ...Array.from(unreported.values(), ({ path, errno }) =>
      finding('ARTIFACT_UNREADABLE', { path, actual: errno }),
    ),
    ...(isOutOfTime
      ? [finding('ARTIFACT_NOT_VERIFIED', { path: run.path, actual: 'the time budget is over' })]
      : []),
  ].toSorted((a, b) => ((a.path ?? '') < (b.path ?? '') ? -1 : 1));
  return {
    findings: findings.slice(0, most),
    total: total + (unlistableTotal - unlistable.length) + unreported.size + Number(isOutOfTime),
    isComplete: all.length === 0 && !isOutOfTime,
  };
}

/** What tells a path from the claimed one that looks the same, if there is one. */
function formsOf(forms: OtherForm | undefined): Pick<Finding, 'expected' | 'actual'> {
  return forms === undefined
    ? {}
    : { expected: unicodeFormOf(forms.claimed), actual: unicodeFormOf(forms.found) };
}

/** Whether one of the paths, which are sorted, begins so. */
function leadsToOne(sorted: readonly string[], prefix: string): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') < prefix) low = middle + 1;
    else high = middle;
  }
  return sorted[low]?.startsWith(prefix) === true;
}
