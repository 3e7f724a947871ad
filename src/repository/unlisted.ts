/** A held run directory and the paths that are claimed come in, findings about everything else in it go out, by path. */

import type { Cancellation } from '../cancellation.ts';
import { finding, type Finding } from '../findings.ts';
import { textOf } from '../quote.ts';
import type { Session } from './disk.ts';
import { find, type Search } from './find.ts';
import { isManifest } from './layout.ts';
import type { Located } from './resolve.ts';

/** What is on the disk and in no manifest. */
export interface Strays {
  /** The first ones by path. */
  readonly findings: readonly Finding[];
  /** All there are. */
  readonly total: number;
  /** Whether every directory could be listed. */
  readonly wholly: boolean;
}

/** What is known of a run when its stray files are looked for. */
export interface Known {
  /** Paths that findings speak of, in the form of answers. */
  readonly told: readonly string[];
  /** Findings that are kept. */
  readonly most: number;
}

/** Looks for everything there is below a run directory, but for what is claimed, by its path from there. */
export function searchRun(
  disk: Session,
  run: Located,
  claimed: readonly string[],
  cancellation: Cancellation,
): Promise<Search> {
  const known = new Set(claimed.map(bytewise));
  return find(disk, { below: run.pin, within: [], pattern: '**', known }, cancellation);
}

/** Tells of entries that are no directory and no manifest. */
export function straysIn(search: Search, run: Located, known: Known): Strays {
  const pathOf = (names: readonly Buffer[]): string => [run.path, ...names.map(textOf)].join('/');

  const unlisted = search.found
    .filter(({ names, isDirectory }) => !isDirectory && !isManifest(names.map(bytesOf)))
    .map(({ names }) => ({ path: pathOf(names), errno: null }));
  const told = search.unlistable.length === 0 ? [] : known.told.toSorted();
  // What could not be listed is told once: by what is known to be in it, or else here.
  const unlistable = search.unlistable
    .map(({ names, errno }) => ({ path: pathOf(names), errno }))
    .filter(({ path }) => !leadsToOne(told, `${path}/`));
  const once = new Map(unlistable.map((each) => [each.path, each]));
  const strays = [...unlisted, ...once.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const findings = strays
    .slice(0, known.most)
    .map(({ path, errno }) =>
      errno === null
        ? finding('ARTIFACT_UNLISTED', { path })
        : finding('ARTIFACT_UNREADABLE', { path, actual: errno }),
    );
  return { findings, total: strays.length, wholly: search.unlistable.length === 0 };
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

/** A text in which every character is one byte: names compare as the bytes they are. */
function bytesOf(name: Buffer): string {
  return name.toString('latin1');
}

/** The same of a text. */
function bytewise(text: string): string {
  const bytes = Buffer.byteLength(text);
  return bytes === text.length ? text : bytesOf(Buffer.from(text));
}
