/**
 * Scans a tar archive: the checksum of every header, the data it declares, the end marker, and whether there are but zeros behind it. The
 * data itself is passed over.
 */

import type { Scanner } from '../thread/scanner.ts';
import { sizeIn } from './extended-header.ts';
import { TAR_BLOCK, isMapContinued, isZero, readTarHeader, type TarHeader } from './header.ts';
import type { Verdict } from '../../content/validator.ts';

/** What the next block is; data is passed over before. */
type Expected = 'header' | 'map' | 'end marker' | 'padding';

/** Where the scan of one archive is, and what is known of the entries to come. */
interface TarScan {
  /** The block that is being read: its first `filled` bytes are there. */
  readonly block: Buffer;
  filled: number;
  expected: Expected;
  /** Where in the file the block begins, or the data still to come. */
  at: number;
  /** Bytes of data still to come, with their padding. */
  data: number;
  /** Bytes of data of the entry that was read last, without padding: a map may stand before them. */
  pending: number;
  /** The extended header whose data is being read; null elsewhere. */
  extended: { readonly isGlobal: boolean; readonly size: number; readonly parts: Uint8Array[] } | null;
  /** Sizes that extended headers gave: to the next entry, and to all that follow. */
  readonly sizes: { next: number | null; all: number | null };
  /** Whether what was read last belongs to an entry that has to follow. */
  isAnnounced: boolean;
  /** Whether it goes on with an entry of another volume: then the next volume may go on with one of its own. */
  isVolume: boolean;
}

/** Extended headers of the next entry: by POSIX, and by tar of Solaris, in the same form. */
const EXTENDED = 'xX';

/** The rest of an entry that another volume begins with; by GNU tar, which in the POSIX format says so in a global extended header. */
const CONTINUED = 'M';
const CONTINUED_RECORD = 'GNU.volume.offset=';

/** Bytes of extended headers that are read for the size they may hold. */
const MOST_EXTENDED = 1 << 20;

const padded = (size: number): number => Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;

/** Creates a scanner of one archive, cut into chunks of any sizes. */
export function createTarScanner(): Scanner {
  const scan: TarScan = {
    block: Buffer.alloc(TAR_BLOCK),
    filled: 0,
    expected: 'header',
    at: 0,
    data: 0,
    pending: 0,
    extended: null,
    sizes: { next: null, all: null },
    isAnnounced: false,
    isVolume: false,
  };
  return {
    push: (chunk) => scanBlocks(scan, chunk),
    end: () => endArchive(scan),
  };
}

function scanBlocks(scan: TarScan, chunk: Uint8Array): Verdict | null {
  let from = 0;
  while (from < chunk.length) {
    const isData = scan.data > 0;
    const taken = chunk.subarray(from, from + (isData ? scan.data : TAR_BLOCK - scan.filled));
    from += taken.length;
    const flaw = isData ? passOverData(scan, taken) : fillBlock(scan, taken);
    if (flaw !== null) return flaw;
  }
  return null;
}

function passOverData(scan: TarScan, bytes: Uint8Array): Verdict | null {
  scan.extended?.parts.push(Uint8Array.from(bytes));
  scan.data -= bytes.length;
  scan.at += bytes.length;
  return scan.data === 0 && scan.extended !== null ? endExtended(scan) : null;
}

function fillBlock(scan: TarScan, bytes: Uint8Array): Verdict | null {
  scan.block.set(bytes, scan.filled);
  scan.filled += bytes.length;
  if (scan.filled < TAR_BLOCK) return null;
  const flaw = readBlock(scan);
  scan.filled = 0;
  scan.at += TAR_BLOCK;
  return flaw;
}

function readBlock(scan: TarScan): Verdict | null {
  const { block, expected, at } = scan;
  if (expected === 'padding') return isZero(block) ? null : surplusIn(at);
  if (expected === 'end marker') {
    scan.expected = 'padding';
    return isZero(block) ? null : invalidTar(`a single zero block before byte ${at}`);
  }
  if (expected === 'map') {
    if (!isMapContinued(block)) beginData(scan);
    return null;
  }
  if (isZero(block)) {
    if (scan.isAnnounced)
      return unclearTar(`an entry was announced before its end marker at byte ${at}, and does not follow`);
    scan.expected = 'end marker';
    return null;
  }
  const header = readTarHeader(block);
  return typeof header === 'string'
    ? invalidTar(`a header with ${header} at byte ${at}`)
    : beginEntry(scan, header);
}

function beginEntry(scan: TarScan, { type, size, hasData, isMapped }: TarHeader): Verdict | null {
  // A long name belongs to the next entry, as an extended header does.
  const isOfNext = type === 'L' || type === 'K';
  const isExtended = EXTENDED.includes(type);
  scan.isAnnounced = isOfNext || isExtended || (scan.isAnnounced && type === 'g');
  if (isExtended || type === 'g') return beginExtended(scan, type === 'g', size);
  scan.isVolume ||= type === CONTINUED;
  const { sizes } = scan;
  scan.pending = isOfNext || !hasData ? size : (sizes.next ?? sizes.all ?? size);
  if (!isOfNext) sizes.next = null;
  if (isMapped) scan.expected = 'map';
  else beginData(scan);
  return null;
}

function beginExtended(scan: TarScan, isGlobal: boolean, size: number): Verdict | null {
  if (size > MOST_EXTENDED)
    return { skipped: true, why: `its extended header at byte ${scan.at} has ${size} bytes` };
  scan.extended = { isGlobal, size, parts: [] };
  scan.pending = size;
  beginData(scan);
  return size === 0 ? endExtended(scan) : null;
}

function beginData(scan: TarScan): void {
  scan.expected = 'header';
  scan.data = padded(scan.pending);
}

function endExtended(scan: TarScan): Verdict | null {
  if (scan.extended === null) return null;
  const { isGlobal, size, parts } = scan.extended;
  scan.extended = null;
  const records = Buffer.concat(parts).subarray(0, size);
  scan.isVolume ||= isGlobal && records.includes(CONTINUED_RECORD);
  const found = sizeIn(records);
  if (typeof found === 'string') return invalidTar(`an extended header with ${found} before byte ${scan.at}`);
  if (found === null) return null;
  if (isGlobal) scan.sizes.all = found;
  else scan.sizes.next = found;
  return null;
}

function endArchive({ block, filled, expected, at, data, isAnnounced, isVolume }: TarScan): Verdict {
  const length = at + filled;
  if (expected === 'padding') return isZero(block.subarray(0, filled)) ? { ok: true } : surplusIn(at);
  if (data > 0 && isVolume && length % TAR_BLOCK === 0)
    return unclearTar(
      `it is a volume of several, and ends at byte ${length}, ${data} bytes before an entry does`,
    );
  if (data > 0) return invalidTar(`it ends at byte ${length}, ${data} bytes before an entry does`);
  if (filled > 0) return invalidTar(`it ends at byte ${length}, in the middle of a block`);
  if (isAnnounced || expected === 'map')
    return invalidTar(`it ends at byte ${length}, before an entry begins`);
  const which = expected === 'end marker' ? 'half an end marker' : 'no end marker';
  return unclearTar(`it ends at byte ${length} with ${which}`);
}

/** Of what careless writers leave behind as well as damage does. */
function unclearTar(what: string): Verdict {
  return { skipped: true, why: `${what}: whether entries are missing cannot be told` };
}

/** Every reader stops at the end marker: it may be an archive behind another, or a marker that stands where it should not. */
function surplusIn(at: number): Verdict {
  return { skipped: true, why: `it goes on at byte ${at}, behind its end marker, where nothing is read` };
}

function invalidTar(what: string): Verdict {
  return { ok: false, reason: `not a whole tar archive: ${what}` };
}
