/** What a file begins like, in words: for the artifact that has the name of one kind and the content of another. */

/** Bytes that stand at an offset. */
interface Mark {
  readonly like: string;
  readonly at?: number;
  readonly bytes: Uint8Array;
}

const ascii = (like: string, text: string, at = 0): Mark => ({
  like,
  at,
  bytes: Buffer.from(text, 'latin1'),
});
const hex = (like: string, digits: string, at = 0): Mark => ({ like, at, bytes: Buffer.from(digits, 'hex') });

/** The first that fits. */
const MARKS: readonly Mark[] = [
  hex('gzip', '1f8b08'),
  hex('zstd', '28b52ffd'),
  hex('xz', 'fd377a585a00'),
  ascii('bzip2', 'BZh'),
  hex('lz4', '04224d18'),
  ascii('a zip archive', 'PK\x03\x04'),
  hex('a 7z archive', '377abcaf271c'),
  ascii('a tar archive', 'ustar', 257),
  ascii('an SQLite database', 'SQLite format 3\0'),
  hex('an LMDB database', 'dec0efbe', 16),
  ascii('a DuckDB database', 'DUCK', 8),
  hex('a Berkeley DB', '62310500', 12),
  hex('a Berkeley DB', '61150600', 12),
  ascii('a dump of pg_dump', 'PGDMP'),
  ascii('age encryption', 'age-encryption.org/'),
  ascii('OpenPGP text', '-----BEGIN PGP '),
  ascii('encryption by OpenSSL', 'Salted__'),
  ascii('a pointer of Git LFS', 'version https://git-lfs'),
  hex('UTF-16 text', 'fffe'),
  hex('UTF-16 text', 'feff'),
];

/** Tags of OpenPGP packets that encrypted data begins with, and where the version behind the length is which one (RFC 9580). */
const OPENPGP: readonly (readonly [tag: number, at: number, version: number])[] = [
  [0x84, 2, 3],
  [0x85, 3, 3],
  [0x8c, 2, 4],
  [0xc1, 2, 3],
  [0xc1, 3, 3],
  [0xc3, 2, 4],
];

/** Bytes of an unknown kind that are named. */
const SHOWN_BYTES = 8;

/** What bytes, the first of a file, look like: `gzip`, `text`, or how they are written in hexadecimal digits. */
export function describeBeginning(head: Uint8Array): string {
  const mark = MARKS.find(({ bytes, at = 0 }) => startsWith(head.subarray(at), bytes));
  if (mark !== undefined) return mark.like;
  if (OPENPGP.some(([tag, at, version]) => head[0] === tag && head[at] === version)) return 'OpenPGP data';
  if (head.every((byte) => byte === 0)) return 'zeros';
  if (isText(head)) return 'text';
  return `the bytes ${Buffer.from(head.subarray(0, SHOWN_BYTES)).toString('hex')}`;
}

/** Whether bytes begin with others. */
export function startsWith(head: Uint8Array, bytes: Uint8Array): boolean {
  return bytes.every((byte, index) => head[index] === byte);
}

/** UTF-8 without control characters; the last character may be cut off. */
function isText(head: Uint8Array): boolean {
  if (head.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}
