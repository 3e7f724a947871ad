/** Local times at a change of clocks: which instants have one, where there are two of them or none (pure but for the zone). */

/** What a time on the command line is: the first or the last second that it names. */
export type Edge = 'first' | 'last';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

/** Milliseconds by which local time is ahead of UTC at an instant. */
function offsetAt(instant: number): number {
  return -new Date(instant).getTimezoneOffset() * MINUTE;
}

/** The offsets well before and well after a local time, which is given as if it were UTC: no zone is a day ahead of UTC or behind. */
function offsetsAround(wall: number): readonly [before: number, after: number] {
  return [offsetAt(wall - DAY), offsetAt(wall + DAY)];
}

/** The instants that have a local time, in order; none where clocks are set forward past it, two where they are set back. */
function instantsOf(wall: number): number[] {
  const candidates = offsetsAround(wall).map((offset) => wall - offset);
  const instants = candidates.filter((instant) => instant + offsetAt(instant) === wall);
  return [...new Set(instants)].toSorted((a, b) => a - b);
}

/**
 * The first or the last instant of a local time, which is given in milliseconds as if it were UTC. Where there is none the clocks
 * are set forward past it: that moment is the first, and the second before it the last.
 */
export function instantOf(wall: number, edge: Edge): number {
  const instants = instantsOf(wall);
  const instant = edge === 'first' ? instants[0] : instants.at(-1);
  if (instant !== undefined || Number.isNaN(wall)) return instant ?? NaN;
  return edge === 'first' ? changeNear(wall) : changeNear(wall) - 1_000;
}

/** When the clocks are set forward past a local time. */
function changeNear(wall: number): number {
  const [before] = offsetsAround(wall);
  let [low, high] = [wall - DAY, wall + DAY];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

/** Whether the local time of an instant comes twice. */
export function isTwice(instant: number): boolean {
  return instantsOf(instant + offsetAt(instant)).length > 1;
}
