/**
 * Scans a tar archive: the checksum of every header, the data it declares, the end marker, and nothing but zeros behind it. The data
 * itself is passed over.
 */

import type { Scanner } from '../thread/scanner.ts';
import { TAR_BLOCK, isMapContinued, isZero, readTarHeader, type TarHeader } from './header.ts';
import type { Verdict } from '../../content/validator.ts';

/** What the next block is; data is passed over before. */
type Expected = 'header' | 'map' | 'end marker' | 'padding';

/** Bytes of extended headers that are read for the size they may hold. */
const MOST_EXTENDED = 1 << 20;

const padded = (size: number): number => Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;

export function createTarScanner(): Scanner {
  const block = Buffer.alloc(TAR_BLOCK);
  let filled = 0;
  let expected: Expected = 'header';
  /** Where the block begins that is being filled. */
  let at = 0;
  /** Bytes of data still to come, with their padding. */
  let data = 0;
  /** Data of an extended header, which is read. */
  let extended: { readonly isGlobal: boolean; readonly size: number; readonly parts: Uint8Array[] } | null =
    null;
  /** Sizes that extended headers gave: to the next entry, and to all that follow. */
  let sizes: { next: number | null; all: number | null } = { next: null, all: null };

  function push(chunk: Uint8Array): Verdict | null {
    let from = 0;
    while (from < chunk.length) {
      const isData = data > 0;
      const taken = chunk.subarray(from, from + (isData ? data : TAR_BLOCK - filled));
      from += taken.length;
      const flaw = isData ? passOver(taken) : fill(taken);
      if (flaw !== null) return flaw;
    }
    return null;
  }

  function passOver(bytes: Uint8Array): Verdict | null {
    extended?.parts.push(Uint8Array.from(bytes));
    data -= bytes.length;
    at += bytes.length;
    return data === 0 && extended !== null ? endExtended() : null;
  }

  function fill(bytes: Uint8Array): Verdict | null {
    block.set(bytes, filled);
    filled += bytes.length;
    if (filled < TAR_BLOCK) return null;
    const flaw = take();
    filled = 0;
    at += TAR_BLOCK;
    return flaw;
  }

  function take(): Verdict | null {
    if (expected === 'padding')
      return isZero(block) ? null : invalidTar(`data behind the end marker at byte ${at}`);
    if (expected === 'end marker') {
      expected = 'padding';
      return isZero(block) ? null : invalidTar(`a single zero block before byte ${at}`);
    }
    if (expected === 'map') {
      if (!isMapContinued(block)) beginData();
      return null;
    }
    if (isZero(block)) {
      expected = 'end marker';
      return null;
    }
    const header = readTarHeader(block);
    return typeof header === 'string'
      ? invalidTar(`a header with ${header} at byte ${at}`)
      : takeHeader(header);
  }

  let pending = 0;
  /** Whether what was read last belongs to an entry that has to follow. */
  let isAnnounced = false;

  function takeHeader({ type, size, hasData, isMapped }: TarHeader): Verdict | null {
    // A long name belongs to the next entry, as an extended header does.
    const isOfNext = type === 'L' || type === 'K';
    isAnnounced = isOfNext || type === 'x' || (isAnnounced && type === 'g');
    if (type === 'x' || type === 'g') {
      if (size > MOST_EXTENDED)
        return { skipped: true, why: `its extended header at byte ${at} has ${size} bytes` };
      extended = { isGlobal: type === 'g', size, parts: [] };
      pending = size;
      beginData();
      return size === 0 ? endExtended() : null;
    }
    pending = isOfNext || !hasData ? size : (sizes.next ?? sizes.all ?? size);
    if (!isOfNext) sizes.next = null;
    if (isMapped) expected = 'map';
    else beginData();
    return null;
  }

  function beginData(): void {
    expected = 'header';
    data = padded(pending);
  }

  function endExtended(): Verdict | null {
    if (extended === null) return null;
    const { isGlobal, size, parts } = extended;
    extended = null;
    const found = sizeIn(Buffer.concat(parts).subarray(0, size));
    if (typeof found === 'string') return invalidTar(`an extended header with ${found} before byte ${at}`);
    if (found === null) return null;
    if (isGlobal) sizes.all = found;
    else sizes.next = found;
    return null;
  }

  function end(): Verdict {
    const length = at + filled;
    if (expected === 'padding')
      return isZero(block.subarray(0, filled))
        ? { ok: true }
        : invalidTar(`data behind the end marker at byte ${at}`);
    if (data > 0) return invalidTar(`it ends at byte ${length}, ${data} bytes before an entry does`);
    if (filled > 0) return invalidTar(`it ends at byte ${length}, in the middle of a block`);
    if (isAnnounced || expected === 'map')
      return invalidTar(`it ends at byte ${length}, before an entry begins`);
    const which = expected === 'end marker' ? 'half an end marker' : 'no end marker';
    const why = `it ends at byte ${length} with ${which}: whether entries are missing cannot be told`;
    return { skipped: true, why };
  }

  return { push, end };
}

function invalidTar(what: string): Verdict {
  return { ok: false, reason: `not a whole tar archive: ${what}` };
}

/** The size in the records of an extended header, `<length> <key>=<value>\n` each; null when there is none, a text for a flaw. */
function sizeIn(records: Buffer): number | null | string {
  let size: number | null = null;
  // A NUL ends them.
  for (let from = 0; from < records.length && records[from] !== 0;) {
    const [, digits = ''] = /^(\d{1,7}) /.exec(records.toString('latin1', from, from + 8)) ?? [];
    const to = from + Number(digits);
    // One that ends before its text does would be read again and again.
    if (digits === '' || to <= from + digits.length + 1 || to > records.length || records[to - 1] !== 0x0a)
      return 'a broken record';
    const record = records.toString('latin1', from + digits.length + 1, to - 1);
    if (!record.includes('=')) return 'a broken record';
    const [, value] = /^size=(.*)$/s.exec(record) ?? [];
    if (value !== undefined) {
      if (!/^\d{1,15}$/.test(value)) return 'no size that is one';
      size = Number(value);
    }
    from = to;
  }
  return size;
}
