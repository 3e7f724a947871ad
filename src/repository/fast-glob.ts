/** Where fast-glob comes from: a thread's program holds it, and the calling thread requires it, if it is there, when it is needed. */

import type FastGlob from 'fast-glob';
import { requireHere } from '../fs/require-here.ts';

/** How this thread comes by it, whose program holds it; null on the calling thread. */
let provided: (() => Promise<typeof FastGlob>) | null = null;

/** Says how this thread comes by what its program holds. */
export function provideFastGlob(load: () => Promise<typeof FastGlob>): void {
  provided = load;
}

/**
 * Loads fast-glob, or gives null where it cannot be had: in a bundle, or for want of descriptors. On the calling thread it is required,
 * because a default Jest refuses an import, no bundler but Rollup can make it part of a module of ESM, and Node 20 remembers an import
 * that failed for ever. It takes longer than inspecting a small run.
 */
export async function loadFastGlob(): Promise<typeof FastGlob | null> {
  try {
    if (provided !== null) return await provided();
    const fastGlob: typeof FastGlob = requireHere()('fast-glob');
    return fastGlob;
  } catch {
    // The same entries are walked without it. What failed in the middle of its program (Deno may not let it count processors) is not
    // to be had in parts.
    provided = null;
    return null;
  }
}
