/** Progress on standard error: a line drawn again and again on a terminal, a line every 10 s elsewhere. */

import type { Progress } from '../../index.ts';
import { createThroughput, extentOf, progressLine, type RunPosition } from './progress-line.ts';
import type { CliContext } from '../context.ts';

/** Shows how far long work is. */
export interface ProgressDisplay {
  /** What takes the reports of a run. */
  onProgress(place: RunPosition | null): (progress: Progress) => void;
  /** The last report of the run that was shown last. */
  last(): Progress | null;
  /** Takes the line off the terminal, so that something else can be written; there is none before the next report. */
  hide(): Promise<void>;
  /** Takes it off for good. */
  end(): Promise<void>;
}

/** Milliseconds between two drawings of the line. */
const REDRAW = 100;

/** Milliseconds between two lines where nothing can be drawn again. */
const LINE = 10_000;

/** Back to the first column, and away with what stands there. */
const ERASE = '\r\u001b[K';

type Needed = Pick<CliContext, 'err' | 'clock' | 'every'>;

export function createProgressDisplay({ err, clock, every }: Needed, isQuiet: boolean): ProgressDisplay {
  const pace = createThroughput();
  let latest: { readonly progress: Progress; readonly place: RunPosition | null } | null = null;
  let drawnAt = -Infinity;
  let isDrawn = false;
  let isStale = true;

  function text(columns: number | null): string {
    return latest === null ? '' : progressLine(latest.progress, pace.rate(), latest.place, columns);
  }

  function draw(): void {
    if (clock() - drawnAt < REDRAW) return;
    drawnAt = clock();
    isDrawn = true;
    // A character in the last column makes some terminals go to the next line.
    void err.print(`${ERASE}${text(Math.max(1, (err.columns() ?? 80) - 1))}`);
  }

  const stop =
    isQuiet || err.canRedraw
      ? () => undefined
      : every(LINE, () => {
          if (!isStale) void err.print(`${text(null)}\n`);
        });

  async function hide(): Promise<void> {
    isStale = true;
    if (isDrawn) await err.print(ERASE);
    isDrawn = false;
  }

  return {
    onProgress: (place) => (progress) => {
      latest = { progress, place };
      isStale = false;
      const work = place === null || place.others === null ? progress.runId : '';
      pace.add(clock(), work, extentOf(progress, place).done);
      if (!isQuiet && err.canRedraw) draw();
    },
    last: () => latest?.progress ?? null,
    hide,
    end() {
      stop();
      return hide();
    },
  };
}
