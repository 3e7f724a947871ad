/** A root comes in, the same root goes out with itself and its status directories held: for many look-ups in a short time. */

import type { Plan } from './calls.ts';
import type { Pin } from './pin.ts';
import type { Root } from './root.ts';

/** A root that is held; to be released when nothing is looked up in it any more. */
export interface HeldRoot extends Root {
  release(): Plan<void>;
}

/** Pins what is asked for once. What is renamed meanwhile is seen as it was, so that is to be no long time. */
export function holdRoot(root: Root): HeldRoot {
  const held: Pin[] = [];
  const directories = new Map<string, Pin>();
  let top: Pin | null = null;

  /** Look-ups may be under way side by side: what two of them pinned is held twice. */
  function* hold(pinning: Plan<Pin>): Plan<Pin> {
    const pin = yield* pinning;
    held.push(pin);
    return { ...pin, release: nothing };
  }

  function* directory(within: Pin, name: string): Plan<Pin> {
    const known = directories.get(name) ?? (yield* hold(within.directory(name)));
    directories.set(name, known);
    return known;
  }

  return {
    path: root.path,
    name: root.name,
    *pin() {
      const pin = top ?? (yield* hold(root.pin()));
      top = pin;
      return { ...pin, directory: (name) => directory(pin, name) };
    },
    *release() {
      for (const pin of held) yield* pin.release();
    },
  };
}

function* nothing(): Plan<void> {}
