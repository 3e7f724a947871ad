/** gzip files: structure, CRC-32 and length of every member, by node:zlib. */

import { createGunzip } from 'node:zlib';
import { checked, exactly } from '../../model/check-options.ts';
import { inflate, maxBytes, OUTPUT_CHUNK, type CompressedOptions, type Ended } from '../inflate.ts';
import { appliesTo, beginsWith, kindEntries, mayBeginWith, recognised } from '../kind.ts';
import type { ArtifactFile, ValidationContext, Validator, Verdict } from '../../content/validator.ts';

const GZIP_MAGIC = [0x1f, 0x8b, 0x08] as const;

/**
 * Creates a validator that decompresses gzip files, with all their members, and throws away what comes out. Zeros behind the last member
 * are padding, as for `gzip -t`. Applies to `.gz` and `.tgz`, and to files that begin like gzip; one that does not is not verified.
 *
 * @throws TypeError for options of a wrong type.
 */
export function gzip(options: CompressedOptions = {}): Validator {
  const schema = exactly({ ...kindEntries(/\.t?gz$/i), maxBytes });
  const settings = checked(schema, options, 'create validator gzip');
  return {
    name: 'gzip',
    applies: appliesTo(settings, beginsWith(...GZIP_MAGIC)),
    validate: recognised('gzip', mayBeginWith(...GZIP_MAGIC), (file, context) =>
      validateMembers(file, context, settings.maxBytes),
    ),
  };
}

async function validateMembers(
  file: ArtifactFile,
  { signal, alive }: ValidationContext,
  most: number,
): Promise<Verdict> {
  const inflation = inflate(createGunzip({ chunkSize: OUTPUT_CHUNK }), most, alive);
  const end = (): void => inflation.end();
  signal.addEventListener('abort', end, { once: true });
  try {
    let ended: Ended | null = null;
    let zeros = 0;
    for await (const chunk of file.chunks()) {
      ended ??= await inflation.take(chunk);
      if (ended !== null && ended.by !== 'end') break;
      zeros = zerosBehind(chunk, zeros);
    }
    ended ??= await inflation.finish();
    return verdictOf(ended, { behind: file.size - inflation.consumed(), zeros, most });
  } finally {
    signal.removeEventListener('abort', end);
    inflation.end();
  }
}

/** Zeros at the end of what was read so far, of which `before` stood at the end of what was read before. */
function zerosBehind(chunk: Uint8Array, before: number): number {
  const last = chunk.findLastIndex((byte) => byte !== 0);
  return last === -1 ? before + chunk.length : chunk.length - 1 - last;
}

/** What node:zlib says of data that is not what it should be. */
const INVALID_CODES: readonly unknown[] = ['Z_DATA_ERROR', 'Z_BUF_ERROR', 'Z_NEED_DICT'];

interface Counts {
  /** Bytes behind the last member. */
  readonly behind: number;
  /** Zeros at the end of the file. */
  readonly zeros: number;
  /** Bytes that may come out. */
  readonly most: number;
}

function verdictOf(ended: Ended, { behind, zeros, most }: Counts): Verdict {
  if (ended.by === 'limit') return { skipped: true, why: `it decompresses to more than ${most} bytes` };
  if (ended.by === 'fault') {
    const { fault } = ended;
    if (!('code' in fault) || !INVALID_CODES.includes(fault.code)) throw fault;
    return { ok: false, reason: `not whole gzip data: ${fault.message}` };
  }
  if (behind <= zeros) return { ok: true };
  return { ok: false, reason: `${behind} bytes behind the last gzip member` };
}
