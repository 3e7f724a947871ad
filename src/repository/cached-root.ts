/** Keeps a root and its status directories held: for many look-ups in a short time, as in a part of a listing. */

import type { Handle } from '../fs/handle.ts';
import type { Root } from '../fs/root.ts';

/** A root that stays held; to be released when nothing is looked up in it any more. */
export interface CachedRoot extends Root {
  readonly release: () => void;
}

/** Holds what is asked for once. What is renamed meanwhile is seen as it was, so that is to be no long time. */
export function cacheRoot(root: Root): CachedRoot {
  const held: Handle[] = [];
  const directories = new Map<string, Handle>();
  let top: Handle | null = null;

  function keep(handle: Handle): Handle {
    held.push(handle);
    return { ...handle, release: () => undefined };
  }

  function directory(within: Handle, name: string): Handle {
    const known = directories.get(name) ?? keep(within.directory(name));
    directories.set(name, known);
    return known;
  }

  return {
    path: root.path,
    name: root.name,
    hold(io) {
      const handle = top ?? keep(root.hold(io));
      top = handle;
      return { ...handle, directory: (name) => directory(handle, name) };
    },
    release() {
      for (const handle of held) handle.release();
    },
  };
}
