/** The line of progress: which run, how much of it, how fast, and how long still. */

import { printable } from '../../model/printable.ts';
import type { Progress } from '../../index.ts';
import { duration, percent, size } from './quantities.ts';
import { clip } from './width.ts';

/** Where the run stands among those to do; null when there is one. */
export interface RunPosition {
  readonly index: number;
  /** Null when nobody knows. */
  readonly total: number | null;
  /** Bytes that the runs before it and behind it claim, so that the line is about all of them; null when nobody knows. */
  readonly others: { readonly before: number; readonly behind: number } | null;
}

/** Bytes that are done, of all that are to do. */
export interface Extent {
  readonly done: number;
  readonly total: number;
}

/** How far the work is: that on all runs where their bytes are known, else that on this one. */
export function extentOf({ bytesDone, bytesTotal }: Progress, place: RunPosition | null): Extent {
  const { before, behind } = place?.others ?? { before: 0, behind: 0 };
  return { done: before + bytesDone, total: before + bytesTotal + behind };
}

/** How fast bytes are read, from some reports of late. */
export interface Throughput {
  /** Adds a report; the bytes of further work begin anew. */
  add(milliseconds: number, work: string, bytes: number): void;
  /** Bytes a second; null before the second report. */
  rate(): number | null;
}

/** Milliseconds over which a rate is measured. */
const WINDOW = 5_000;

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

export function createThroughput(): Throughput {
  let samples: Sample[] = [];
  let last = '';
  return {
    add(at, work, bytes) {
      if (work !== last) samples = [];
      last = work;
      samples.push({ at, bytes });
      // The last one that is too old is where the window begins.
      while (samples.length > 2 && at - (samples[1]?.at ?? at) >= WINDOW) samples.shift();
    },
    rate() {
      const [first] = samples;
      const newest = samples.at(-1);
      if (first === undefined || newest === undefined || newest.at === first.at) return null;
      return ((newest.bytes - first.bytes) / (newest.at - first.at)) * 1_000;
    },
  };
}

/** The line, in at most `columns` columns: what is wanted most stands first, and what is last is cut. */
export function progressLine(
  progress: Progress,
  rate: number | null,
  place: RunPosition | null,
  columns: number | null,
): string {
  const { runId, participant, artifact } = progress;
  const { done, total } = extentOf(progress, place);
  const left = rate !== null && rate > 0 ? duration(Math.ceil((total - done) / rate)) : '?';
  const parts = [
    `${printable(runId)}${positionText(place)}`,
    `${percentDone(progress, { done, total })} of ${size(total)}`,
    done < total ? `${left} left` : '',
    rate === null ? '' : `${size(Math.round(rate))}/s`,
    `${size(done)} done`,
    artifact === '' ? '' : `${printable(participant)} / ${printable(artifact)}`,
  ];
  const text = parts.filter((part) => part !== '').join('  ');
  return columns === null ? text : clip(text, columns);
}

function positionText(place: RunPosition | null): string {
  if (place === null) return '';
  return ` (${place.index}${place.total === null ? '' : ` of ${place.total}`})`;
}

/** Artifacts of 0 bytes are to be done too. */
function percentDone({ artifactsDone, artifactsTotal }: Progress, { done, total }: Extent): string {
  return artifactsDone < artifactsTotal && done >= total ? percent(99, 100) : percent(done, total);
}
