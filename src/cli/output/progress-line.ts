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
}

/** How fast bytes are read, from some reports of late. */
export interface Throughput {
  /** Adds a report; the bytes of a further run begin at 0. */
  add(milliseconds: number, runId: string, bytes: number): void;
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
  let run = '';
  return {
    add(at, runId, bytes) {
      if (runId !== run) samples = [];
      run = runId;
      samples.push({ at, bytes });
      // The last one that is too old is where the window begins.
      while (samples.length > 2 && at - (samples[1]?.at ?? at) >= WINDOW) samples.shift();
    },
    rate() {
      const [first] = samples;
      const last = samples.at(-1);
      if (first === undefined || last === undefined || last.at === first.at) return null;
      return ((last.bytes - first.bytes) / (last.at - first.at)) * 1_000;
    },
  };
}

/** The line, in at most `columns` columns; what is cut is the name of the artifact. */
export function progressLine(
  progress: Progress,
  rate: number | null,
  place: RunPosition | null,
  columns: number | null,
): string {
  const { runId, participant, artifact, bytesDone, bytesTotal } = progress;
  const isMoving = rate !== null && rate > 0;
  const left = isMoving ? duration(Math.ceil((bytesTotal - bytesDone) / rate)) : '?';
  const parts = [
    `${printable(runId)}${place === null ? '' : ` (${place.index}${place.total === null ? '' : ` of ${place.total}`})`}`,
    `${percentDone(progress)} of ${size(bytesTotal)}`,
    `${size(bytesDone)} done`,
    rate === null ? '' : `${size(Math.round(rate))}/s`,
    bytesDone < bytesTotal ? `${left} left` : '',
    artifact === '' ? '' : `${printable(participant)} / ${printable(artifact)}`,
  ];
  const text = parts.filter((part) => part !== '').join('  ');
  return columns === null ? text : clip(text, columns);
}

/** Artifacts of 0 bytes are to be done too. */
function percentDone({ bytesDone, bytesTotal, artifactsDone, artifactsTotal }: Progress): string {
  return artifactsDone < artifactsTotal && bytesDone >= bytesTotal
    ? percent(99, 100)
    : percent(bytesDone, bytesTotal);
}
