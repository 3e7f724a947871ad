/**
 * A held directory and the names of one below it come in, its entries go out. The last few directories stay pinned, so
 * that a deep tree is not walked from the top for every directory in it.
 */

import type { Cancellation } from '../cancellation.ts';
import type { Entry, Plan } from './calls.ts';
import type { Session } from './disk.ts';
import { OutOfThreads, Stalled } from './errno.ts';
import { walk, type Pin } from './pin.ts';

/** Lists directories of one tree. */
export interface Trail {
  /** Lists the directory that these names lead to; nothing, if it is gone or is no directory any more. */
  list(names: readonly Buffer[]): Promise<Entry[]>;
  /** Lets go of everything. */
  end(): Promise<void>;
}

/** A directory that stays pinned. */
interface Step {
  readonly names: readonly Buffer[];
  readonly pin: Pin;
  users: number;
}

interface Listed {
  readonly entries: Entry[];
  /** The directory, to be kept or released; null for the one the tree is below of. */
  readonly pin: Pin | null;
}

/** Directories that stay pinned. */
const STEPS = 8;

export function createTrail(disk: Session, below: Pin, cancellation: Cancellation): Trail {
  const steps: Step[] = [];

  async function list(names: readonly Buffer[]): Promise<Entry[]> {
    const from = nearest(names);
    if (from !== undefined) from.users += 1;
    try {
      const plan = listBelow(from?.pin ?? below, names.slice(from?.names.length ?? 0));
      const listed = await disk.perform(plan, cancellation, ({ pin }) => pin?.release() ?? nothing());
      leave(from);
      if (listed.pin !== null) await keep({ names, pin: listed.pin, users: 0 });
      return listed.entries;
    } catch (fault) {
      // A call that is stuck still stands on its step.
      if (!(fault instanceof Stalled)) leave(from);
      throw fault;
    }
  }

  /** The pinned directory that is nearest above. */
  function nearest(names: readonly Buffer[]): Step | undefined {
    const above = steps.filter((step) => step.names.length < names.length && leadsTo(step, names));
    return above.toSorted((a, b) => b.names.length - a.names.length)[0];
  }

  async function keep(step: Step): Promise<void> {
    steps.push(step);
    if (steps.length <= STEPS) return;
    const oldest = steps.findIndex(({ users }) => users === 0);
    for (const { pin } of steps.splice(oldest, 1)) {
      // Without a free thread it is released when there is one again.
      await disk.perform(pin.release()).catch((fault: unknown) => {
        if (fault instanceof OutOfThreads) void disk.end(pin.release());
      });
    }
  }

  async function end(): Promise<void> {
    for (const { pin } of steps.splice(0)) await disk.end(pin.release());
  }

  return { list, end };
}

function leave(step: Step | undefined): void {
  if (step !== undefined) step.users -= 1;
}

function leadsTo({ names }: Step, further: readonly Buffer[]): boolean {
  return names.every((name, index) => further[index]?.equals(name) === true);
}

function whole(entry: Entry): Entry {
  return entry;
}

function* nothing(): Plan<void> {}

function* listBelow(directory: Pin, names: readonly Buffer[]): Plan<Listed> {
  if (names.length === 0) return { entries: yield* directory.list(whole), pin: null };
  const walked = yield* walk(directory, names);
  // It was there a moment ago: gone, or replaced by something that holds no entries.
  if (walked.ended !== 'at') return { entries: [], pin: null };
  const { pin } = walked;
  let entries: Entry[] | null = null;
  try {
    entries = pin.stats.isDirectory() ? yield* pin.list(whole) : [];
  } finally {
    if (entries === null) yield* pin.release();
  }
  return { entries, pin };
}
