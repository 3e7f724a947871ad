/** How a built-in validator knows the artifacts it applies to, and which of them it may reject. */

import { isRegExp } from 'node:util/types';
import * as v from 'valibot';
import type { Artifact } from '../model/run.ts';
import { describeBeginning, startsWith } from './beginning.ts';
import { peek } from './peek.ts';
import { HEAD_BYTES, type Validator } from '../content/validator.ts';

/** How a built-in validator knows the artifacts it applies to. */
export interface KindOptions {
  /**
   * Applies to artifacts whose logical name or path it matches; by default the usual endings. A name is no proof: a file that does not
   * begin as this kind does is not verified, and is never rejected.
   */
  names?: RegExp | undefined;
  /** Applies also to files whose first bytes say that they are of this kind, whatever they are called; true. */
  magic?: boolean | undefined;
}

/** The entries of `KindOptions` in a schema; `names` is the default of its own. */
export function kindEntries(names: RegExp) {
  return {
    names: v.optional(v.custom<RegExp>(isRegExp, 'expected a regular expression'), names),
    magic: v.optional(v.boolean(), true),
  };
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

/**
 * Validates a file only when its content is recognised. What has the name of a kind alone may be encrypted, or of another kind that ends
 * like this one: nothing says that it is broken.
 *
 * @param what - the kind, as in "the name of gzip".
 * @param isKind - whether the first 512 bytes, or all of a smaller file, can be the beginning of one.
 */
export function recognised(
  what: string,
  isKind: Magic,
  validate: Validator['validate'],
): Validator['validate'] {
  return async (file, context) => {
    const peeked = await peek(file, HEAD_BYTES);
    if (isKind(peeked.head)) return validate(peeked.file, context);
    await peeked.close();
    const like = describeBeginning(peeked.head);
    return { skipped: true, why: `it has the name of ${what}, but begins like ${like}` };
  };
}

/** Tells whether a file begins with bytes. */
export function beginsWith(...bytes: readonly number[]): Magic {
  const magic = Uint8Array.from(bytes);
  return (head) => startsWith(head, magic);
}

/** Tells whether a file begins with bytes, as far as it goes: of one that is cut off among them no more is left. */
export function mayBeginWith(...bytes: readonly number[]): Magic {
  const magic = Uint8Array.from(bytes);
  return (head) => startsWith(head, magic.subarray(0, head.length));
}
