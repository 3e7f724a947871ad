/** JSON files: one value in UTF-8, or one on every line. */

import * as v from 'valibot';
import { checked, exactly } from '../../model/check-options.ts';
import { appliesTo, kindEntries, recognised } from '../kind.ts';
import { scanArtifact } from '../thread/scan.ts';
import type { Validator } from '../../content/validator.ts';
import { mayBeJson } from './beginning.ts';

/** How JSON files are checked. */
export interface JsonOptions {
  /** Applies to artifacts whose logical name or path it matches; those that end in `.json`. */
  names?: RegExp | undefined;
  /** Levels of nesting that are followed; 1,000,000, one bit each. A deeper file is not verified. */
  maxDepth?: number | undefined;
}

/**
 * Creates a validator that reads JSON files of any size: syntax (RFC 8259) and UTF-8, with or without a byte order mark. Several objects
 * or arrays, one on every line, are taken too, as exports of databases are written; whether whole lines are missing cannot be told.
 * Several values in any other layout are not verified, and neither is what does not begin like JSON, whatever its name.
 *
 * @throws TypeError for options of a wrong type.
 */
export function json(options: JsonOptions = {}): Validator {
  const { names } = kindEntries(/\.json$/i);
  const depth = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(2 ** 30));
  const schema = exactly({ names, maxDepth: v.optional(depth, 1_000_000) });
  const { maxDepth, ...settings } = checked(schema, options, 'create validator json');
  return {
    name: 'json',
    applies: appliesTo({ ...settings, magic: false }, () => false),
    validate: recognised('JSON', mayBeJson, (file, context) =>
      scanArtifact(file, { scan: 'json', maxDepth }, context),
    ),
  };
}
