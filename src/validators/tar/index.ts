/** tar archives: whether they are whole. */

import { checked, exactly } from '../../model/check-options.ts';
import { appliesTo, kindEntries, recognised, type KindOptions } from '../kind.ts';
import { scanArtifact } from '../thread/scan.ts';
import type { Validator } from '../../content/validator.ts';
import { TAR_BLOCK, isZero, readTarHeader } from './header.ts';

/** Where a header says that it is one. */
const MAGIC_AT = 257;
const TAR_MAGIC = Buffer.from('ustar');

/**
 * Creates a validator that reads tar archives: the checksum of every header, the data it declares, the end marker. One with half an end
 * marker, or none, or with one in place of an entry that was announced, is not verified: it was cut off where a member ends, or its
 * writer was careless, and nobody can tell which. Neither is a volume behind the first of several, where it ends in an entry.
 * Applies to `.tar`, and to files that begin with a header of the POSIX or GNU format; one that begins with no header is not verified.
 *
 * The data itself has no checksum, and what stands in it is not looked at: neither are the maps of sparse members that the POSIX format
 * puts there.
 *
 * @throws TypeError for options of a wrong type.
 */
export function tar(options: KindOptions = {}): Validator {
  const settings = checked(exactly(kindEntries(/\.tar$/i)), options, 'create validator tar');
  return {
    name: 'tar',
    applies: appliesTo(settings, hasTarMagic),
    validate: recognised('a tar archive', mayBeTar, (file, context) =>
      scanArtifact(file, { scan: 'tar' }, context),
    ),
  };
}

function hasTarMagic(head: Uint8Array): boolean {
  return TAR_MAGIC.equals(head.subarray(MAGIC_AT, MAGIC_AT + TAR_MAGIC.length));
}

/** The old format has no magic, but its first header has a checksum; an archive of nothing begins with its end. */
function mayBeTar(head: Uint8Array): boolean {
  if (hasTarMagic(head)) return true;
  return head.length >= TAR_BLOCK && (isZero(head) || typeof readTarHeader(head) !== 'string');
}
