/** What a kind of content is known by comes in, whether an artifact is of it goes out. */

import * as v from 'valibot';
import type { Artifact } from '../model.ts';
import type { Validator } from './validator.ts';

/** How a built-in validator knows the artifacts it applies to. */
export interface KindOptions {
  /** Applies to artifacts whose logical name or path it matches; by default the usual endings. */
  names?: RegExp | undefined;
  /** Applies also to files whose first bytes say that they are of this kind, whatever they are called; true. */
  magic?: boolean | undefined;
}

/** The entries of `KindOptions` in a schema; `names` is the default of its own. */
export function kindEntries(names: RegExp) {
  return { names: v.optional(v.instance(RegExp), names), magic: v.optional(v.boolean(), true) };
}

/** Whether a file begins as this kind does. */
type Magic = (head: Uint8Array) => boolean;

export function appliesTo(
  { names, magic }: { readonly names: RegExp; readonly magic: boolean },
  isMagic: Magic,
): Validator['applies'] {
  // A pattern that remembers where it was says yes only every other time.
  const pattern = new RegExp(names.source, names.flags.replaceAll(/[gy]/g, ''));
  return ({ logical_name: name, path }: Readonly<Artifact>, head) =>
    pattern.test(name) || pattern.test(path) || (magic && isMagic(head));
}

/** Whether bytes begin with others. */
export function beginsWith(...bytes: readonly number[]): Magic {
  return (head) => bytes.every((byte, index) => head[index] === byte);
}
