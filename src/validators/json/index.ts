/** A JSON file comes in, whether it is one value in UTF-8 goes out. */

import * as v from 'valibot';
import { checked } from '../../options.ts';
import { appliesTo, kindEntries } from '../kind.ts';
import { scan } from '../thread/scan.ts';
import type { Validator } from '../validator.ts';

/** How JSON files are checked. */
export interface JsonOptions {
  /** Applies to artifacts whose logical name or path it matches; those that end in `.json`. */
  names?: RegExp | undefined;
  /** Levels of nesting that are followed; 1,000,000, one bit each. A deeper file is not verified. */
  maxDepth?: number | undefined;
}

/**
 * Creates a validator that reads JSON files of any size: syntax (RFC 8259, without a byte order mark) and UTF-8.
 *
 * @throws TypeError for options of a wrong type.
 */
export function json(options: JsonOptions = {}): Validator {
  const { names } = kindEntries(/\.json$/i);
  const depth = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(2 ** 30));
  const schema = v.object({ names, maxDepth: v.optional(depth, 1_000_000) });
  const { maxDepth, ...settings } = checked(schema, options, 'create validator json');
  return {
    name: 'json',
    applies: appliesTo({ ...settings, magic: false }, () => false),
    validate: (file, context) => scan(file, { scan: 'json', maxDepth }, context),
  };
}
