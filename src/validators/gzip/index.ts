/** A gzip file comes in, whether all its members are whole goes out: structure, CRC-32 and length, by node:zlib. */

import { createGunzip } from 'node:zlib';
import * as v from 'valibot';
import { inflate, OUTPUT_CHUNK, type Ended, type Inflation } from '../inflate.ts';
import { checked } from '../../options.ts';
import { appliesTo, beginsWith, kindEntries, type KindOptions } from '../kind.ts';
import type { ArtifactFile, Validator, Verdict } from '../validator.ts';

/** How compressed files are checked. */
export interface CompressedOptions extends KindOptions {
  /** Bytes that a file may decompress to, to be checked to its end; 1 TiB. A larger one is not verified. */
  maxBytes?: number | undefined;
}

/** What a file may decompress to. */
const MOST_OUTPUT = 2 ** 40;

/** The entry of the option. */
export const maxBytes = v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1)), MOST_OUTPUT);

/**
 * Creates a validator that decompresses gzip files, with all their members, and throws away what comes out.
 * Applies to `.gz` and `.tgz`, and to files that begin like gzip.
 *
 * @throws TypeError for options of a wrong type.
 */
export function gzip(options: CompressedOptions = {}): Validator {
  const schema = v.object({ ...kindEntries(/\.t?gz$/i), maxBytes });
  const settings = checked(schema, options, 'create validator gzip');
  return {
    name: 'gzip',
    applies: appliesTo(settings, beginsWith(0x1f, 0x8b, 0x08)),
    async validate(file, { signal, alive }) {
      const inflation = inflate(createGunzip({ chunkSize: OUTPUT_CHUNK }), settings.maxBytes, alive);
      const end = (): void => inflation.end();
      signal.addEventListener('abort', end, { once: true });
      try {
        return verdictOf(file, await inflateAll(file, inflation), inflation, settings.maxBytes);
      } finally {
        signal.removeEventListener('abort', end);
        inflation.end();
      }
    },
  };
}

async function inflateAll(file: ArtifactFile, inflation: Inflation): Promise<Ended> {
  for await (const chunk of file.chunks()) {
    const ended = await inflation.take(chunk);
    if (ended !== null) return ended;
  }
  return inflation.finish();
}

/** What node:zlib says of data that is not what it should be. */
const INVALID: readonly unknown[] = ['Z_DATA_ERROR', 'Z_BUF_ERROR', 'Z_NEED_DICT'];

function verdictOf(file: ArtifactFile, ended: Ended, inflation: Inflation, most: number): Verdict {
  if (ended.by === 'limit') return { skipped: true, why: `it decompresses to more than ${most} bytes` };
  if (ended.by === 'fault') {
    const { fault } = ended;
    if (!('code' in fault) || !INVALID.includes(fault.code)) throw fault;
    return { ok: false, reason: `not whole gzip data: ${fault.message}` };
  }
  const left = file.size - inflation.consumed();
  return left === 0 ? { ok: true } : { ok: false, reason: `${left} bytes behind the last gzip member` };
}
