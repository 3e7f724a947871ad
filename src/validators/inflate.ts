/** Feeds a decompressing stream one chunk at a time; what it makes of them is counted and thrown away. */

import type { Transform } from 'node:stream';
import * as v from 'valibot';
import type { KindOptions } from './kind.ts';

/** How compressed files are checked. */
export interface CompressedOptions extends KindOptions {
  /** Bytes that a file may decompress to, to be checked to its end; 1 TiB. A larger one is not verified. */
  maxBytes?: number | undefined;
}

/** What a file may decompress to. */
const MOST_OUTPUT = 2 ** 40;

/** The entry of the option. */
export const maxBytes = v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1)), MOST_OUTPUT);

/** A stream of node:zlib. */
export interface Engine extends Transform {
  /** Bytes that it has consumed. */
  readonly bytesWritten: number;
}

/** Why decompression ended. */
export type Ended =
  /** The data is at its end, whether or not all input was consumed. */
  { readonly by: 'end' } | { readonly by: 'limit' } | { readonly by: 'fault'; readonly fault: Error };

/** One decompression under way. */
export interface Inflation {
  /** Resolves when the chunk is consumed: to null, when the engine waits for more. */
  take(chunk: Uint8Array): Promise<Ended | null>;
  /** Says that there is no more. */
  finish(): Promise<Ended>;
  /** Bytes that came out. */
  produced(): number;
  /** Bytes that went in and meant something. */
  consumed(): number;
  /** Ends it, and gives back its memory. */
  end(): void;
}

/** Bytes that come out at once, at most. */
export const OUTPUT_CHUNK = 256 * 1_024;

/** The least that an engine of node:zlib takes. */
const LEAST_CHUNK = 64;

/** The chunk that an engine for `bytes` needs: a file may be many small pieces, with an engine for each. */
export function outputChunk(bytes: number): number {
  return Math.max(LEAST_CHUNK, Math.min(OUTPUT_CHUNK, bytes));
}

/** Ends when more than `most` bytes came out, and calls `alive` whenever some did. */
export function inflate(engine: Engine, most: number, alive: () => void): Inflation {
  let produced = 0;
  let over: Ended | null = null;
  let waiting: ((ended: Ended) => void) | null = null;
  const ended = new Promise<Ended>((resolveEnded) => {
    const resolve = (how: Ended): void => {
      over ??= how;
      resolveEnded(over);
      waiting?.(over);
    };
    engine.on('data', (output: Uint8Array) => {
      produced += output.length;
      alive();
      if (produced <= most) return;
      resolve({ by: 'limit' });
      engine.destroy();
    });
    engine.on('end', () => resolve({ by: 'end' }));
    engine.on('error', (fault) => resolve({ by: 'fault', fault }));
    engine.on('close', () => resolve({ by: 'fault', fault: new Error('the decompression was ended') }));
  });
  return {
    // After the end of its data the engine never calls back; after a fault it reports that as well.
    take: (chunk) =>
      new Promise((resolve) => {
        if (over !== null) return resolve(over);
        waiting = resolve;
        engine.write(chunk, (fault) => {
          if (fault === null || fault === undefined) resolve(null);
        });
      }),
    finish() {
      engine.end();
      return ended;
    },
    produced: () => produced,
    consumed: () => engine.bytesWritten,
    end: () => void engine.destroy(),
  };
}
