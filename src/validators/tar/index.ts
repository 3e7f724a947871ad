/** A tar archive comes in, whether it is whole goes out. */

import * as v from 'valibot';
import { checked } from '../../options.ts';
import { appliesTo, kindEntries, type KindOptions } from '../kind.ts';
import { scan } from '../thread/scan.ts';
import type { Validator } from '../validator.ts';

/** Where a header says that it is one. */
const MAGIC_AT = 257;
const MAGIC = Buffer.from('ustar');

/**
 * Creates a validator that reads tar archives: the checksum of every header, the data it declares, the end marker.
 * Applies to `.tar`, and to files that begin with a header of the POSIX or GNU format.
 *
 * @throws TypeError for options of a wrong type.
 */
export function tar(options: KindOptions = {}): Validator {
  const settings = checked(v.object(kindEntries(/\.tar$/i)), options, 'create validator tar');
  return {
    name: 'tar',
    applies: appliesTo(settings, (head) => MAGIC.equals(head.subarray(MAGIC_AT, MAGIC_AT + MAGIC.length))),
    validate: (file, context) => scan(file, { scan: 'tar' }, context),
  };
}
