import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Inspected } from '../../src/index.ts';
import { sqlite } from '../../src/validators/index.ts';
import { runChild } from '../support/built.ts';
import type { ContentsInput, ContentsOutput } from '../support/children/contents.ts';
import { lacks, NODE_26 } from '../support/needs.ts';
import { artifactRecord, makeRun, RUN_ID, temporaryDirectory, type MadeRun } from '../support/runs.ts';
import { scratch } from '../support/scratch.ts';
import { snapshot } from '../support/snapshot.ts';
import { truncationsOf, verdictOn, verdictsBy } from '../support/validated.ts';

const HERE = isBuiltin('node:sqlite');
const node = HERE ? process.execPath : NODE_26;
const lacking =
  lacks('databases', 'sqlite3') ||
  (!HERE && lacks('databases', 'other versions of Node (npm ci --prefix test/nodes)'));

const PAGE = 512;

/** A database of small pages, by sqlite3: tables, an index, overflow pages, free pages, a view and a check. */
function make(name: string, ...before: string[]): Buffer {
  const path = join(scratch(), name);
  rmSync(path, { force: true });
  const sql = `
    CREATE TABLE trades(id INTEGER PRIMARY KEY, symbol TEXT NOT NULL CHECK (length(symbol) > 0), amount REAL);
    CREATE INDEX by_symbol ON trades(symbol);
    CREATE TABLE notes(text TEXT);
    CREATE VIEW large AS SELECT * FROM trades WHERE amount > 10;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120)
      INSERT INTO trades SELECT i, 'SYMBOL' || (i * 7919 % 1000), i * 1.5 FROM n;
    INSERT INTO notes VALUES (hex(zeroblob(2000))), ('short');
    DELETE FROM trades WHERE id % 5 = 0;
  `;
  execFileSync('sqlite3', ['-batch', path, `PRAGMA page_size = ${PAGE};`, ...before, sql]);
  return readFileSync(path);
}

/** What the sqlite3 of this machine says of a file: the judge, which is not what is tested. */
function judge(content: Uint8Array): string {
  const path = join(scratch(), 'judged.db');
  writeFileSync(path, content);
  try {
    return execFileSync('sqlite3', ['-batch', path, 'PRAGMA integrity_check(1)'], {
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  } catch (fault) {
    return (fault as { stderr: string }).stderr;
  } finally {
    for (const ending of ['', '-wal', '-shm']) rmSync(path + ending, { force: true });
  }
}

/** Temporary files of this test only. */
function emptyDirectory(): string {
  const directory = join(temporaryDirectory(), 'tmp');
  mkdirSync(directory);
  return directory;
}

async function inspect(
  run: MadeRun,
  given: Partial<ContentsInput> = {},
  by = node,
): Promise<ContentsOutput & { inspected: Inspected }> {
  const input = { root: run.root, runId: RUN_ID, validator: 'sqlite', settings: {}, options: {}, ...given };
  const output = await runChild<ContentsOutput>('contents', input, { node: by });
  if (!output.answer.ok) throw new Error(output.answer.error.message);
  expect(output.warnings).toStrictEqual([]);
  return { ...output, inspected: output.answer };
}

const told = ({ findings }: Inspected): unknown[] =>
  findings.map(({ code, artifact, actual }) => [code, artifact, actual]);
const verdicts = (contents: readonly Uint8Array[], name = 'trades.db'): Promise<string[]> =>
  verdictsBy(node, contents, { name, validator: 'sqlite', settings: {} });

let database: Buffer;
beforeAll(() => {
  if (!lacking) database = make('whole.db');
});

describe('sqlite() with node:sqlite', () => {
  it.skipIf(lacking)('agrees with databases that are whole', async () => {
    const utf16 = make('utf16.db', 'PRAGMA encoding = "UTF-16le";');
    const vacuum = make('vacuum.db', 'PRAGMA auto_vacuum = INCREMENTAL;');
    const log = make('wal.db', 'PRAGMA journal_mode = WAL;');
    expect([log[18], log[19]]).toStrictEqual([2, 2]);
    expect(await verdicts([database, utf16, vacuum, log])).toStrictEqual(['ok', 'ok', 'ok', 'ok']);
  });

  it.skipIf(lacking)('says what sqlite3 says of every flipped page header', async () => {
    const damaged: Buffer[] = [];
    for (let at = 0; at < database.length; at += PAGE) {
      const copy = Buffer.from(database);
      copy[at === 0 ? 100 : at]! ^= 0xff;
      damaged.push(copy);
    }
    expect(damaged.length).toBeGreaterThan(15);
    const all = await verdicts(damaged);
    const judged = damaged.map((content) => (judge(content) === 'ok' ? 'ok' : 'invalid'));
    expect(all.map((said) => said.split(':')[0])).toStrictEqual(judged);
    // Free pages have no header, and overflow pages begin with the number of the next.
    expect(judged.filter((said) => said === 'invalid').length).toBeGreaterThan(10);
  });

  it.skipIf(lacking)('rejects every truncation', async () => {
    const truncations = [
      ...truncationsOf(database.subarray(0, 110), 1, 9),
      ...truncationsOf(database, 200, 451),
      database.subarray(0, -1),
      database.subarray(0, -PAGE),
    ];
    const all = await verdicts(truncations);
    expect(all.filter((said) => !said.startsWith('invalid: '))).toStrictEqual([]);
  });

  it.skipIf(lacking)(
    'does not verify what is no database, or an encrypted one, but for its name',
    async () => {
      const foreign = Buffer.from('hello '.repeat(1_000));
      const encrypted = database.map((byte) => byte ^ 0x5a);
      const lmdb = Buffer.concat([
        Buffer.alloc(16),
        Buffer.from('dec0efbe01000000', 'hex'),
        Buffer.alloc(4_072),
      ]);
      const header = Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(2_000)]);
      const like = (what: string): string =>
        `not verified: validator "sqlite" says: it has the name of an SQLite database, but begins like ${what}`;
      const bytes = Buffer.from(encrypted.subarray(0, 8)).toString('hex');
      const broken = 'invalid: SQLite cannot read it: file is not a database';
      const all = await verdicts([foreign, encrypted, lmdb, header]);
      expect(all).toStrictEqual([like('text'), like(`the bytes ${bytes}`), like('an LMDB database'), broken]);
      const unnamed = await verdicts([foreign, encrypted, header], 'trades.bin');
      expect(unnamed).toStrictEqual(['ok', 'ok', broken]);
    },
  );

  it.skipIf(lacking)('says of 0 bytes only that they are empty', async () => {
    const { inspected } = await inspect(makeRun({ artifacts: { 'trades.db': '' } }));
    expect(told(inspected)).toStrictEqual([['ARTIFACT_EMPTY', 'trades.db', undefined]]);
  });

  it.skipIf(lacking)('does not mind a lock that another program holds', async () => {
    const run = makeRun({ artifacts: { 'trades.db': database } });
    const holder = spawn('sqlite3', ['-batch', run.at('trades.db')], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void holder.kill('SIGKILL'));
    holder.stdin.write('BEGIN EXCLUSIVE;\n.print locked\n');
    await once(holder.stdout, 'data');
    const select = spawnSync('sqlite3', ['-batch', run.at('trades.db'), 'SELECT count(*) FROM trades'], { encoding: 'utf8' }); // prettier-ignore
    expect(select.stderr).toMatch(/locked/);
    const { inspected } = await inspect(run);
    expect([told(inspected), inspected.coverage.complete]).toStrictEqual([[], true]);
  });

  it.skipIf(lacking)('says what is broken', async () => {
    const broken = Buffer.from(database);
    // The rows of an index, out of order.
    const at = broken.indexOf('SYMBOL', broken.indexOf('SYMBOL', 2_000));
    broken.write('TYMBOL', at);
    const [said] = await verdicts([broken]);
    expect(said).toMatch(
      /^invalid: integrity check: (?:row \d+ missing from index by_symbol|.*rowid.*|.*out of order.*)/i,
    );
  });

  /** A database with another row in its schema, which nothing parsed when it was written. */
  function define(kind: string, sql: string): Buffer {
    const path = join(scratch(), `${kind}.db`);
    make(`${kind}.db`);
    execFileSync('sqlite3', ['-batch', path, `PRAGMA writable_schema = ON; ${sql}`]);
    return readFileSync(path);
  }

  it.skipIf(lacking)('does not call broken what needs what is not there', async () => {
    // The shell knows a collation, and a function, that the library does not.
    const collation = make(
      'uint.db',
      'CREATE TABLE u(x TEXT COLLATE uint PRIMARY KEY); INSERT INTO u VALUES (1), (2);',
    );
    const call = make(
      'sha3.db',
      'CREATE TABLE u(x); CREATE INDEX i ON u(hex(sha3(x))); INSERT INTO u VALUES (1);',
    );
    expect([judge(collation), judge(call)]).toStrictEqual(['ok', 'ok']);
    const view = 'CREATE VIEW later AS SELECT x FROM notes QUALIFY row_number() OVER () = 1';
    const syntax = define(
      'view',
      `INSERT INTO sqlite_schema VALUES ('view', 'later', 'later', 0, '${view}')`,
    );
    const says = 'not verified: validator "sqlite" says: SQLite cannot';
    const all = await verdicts([collation, call, syntax]);
    expect(all).toStrictEqual([
      `${says} check it: no such collation sequence: uint`,
      expect.stringMatching(
        /^not verified: validator "sqlite" says: SQLite cannot check it: (?:no such|unknown|unsafe use of) .*sha3/,
      ),
      expect.stringMatching(
        /^not verified: validator "sqlite" says: SQLite cannot parse it: malformed database schema \(later\) - near ".*": syntax error$/,
      ),
    ]);
  });

  it.skipIf(lacking)(
    'does not call an index of full text broken that has nothing to be compared with',
    async () => {
      const contentless = make(
        'fts4.db',
        `CREATE VIRTUAL TABLE m USING fts4(content="", body); INSERT INTO m(docid, body) VALUES (1, 'text');`,
      );
      const [said] = await verdicts([contentless]);
      expect(said).toMatch(/^(?:ok|not verified: .*: unable to validate the inverted index .*)$/);
    },
  );

  it.skipIf(lacking)(
    'does not verify a format that is newer, or of Turso (turso#6820), and rejects a schema that points nowhere',
    async () => {
      const newer = Buffer.from(database);
      newer[19] = 3;
      const turso = Buffer.from(database).fill(255, 18, 20);
      const lost = define('lost', "UPDATE sqlite_schema SET rootpage = 9999 WHERE name = 'notes'");
      const unknown = Buffer.from(database);
      unknown[19] = 99;
      expect(await verdicts([newer, turso, unknown, lost])).toStrictEqual([
        'not verified: validator "sqlite" says: it says that its format has the version 3, which is not known',
        'not verified: validator "sqlite" says: it says that its format has the version 255, which is not known',
        'invalid: SQLite cannot read it: file is not a database',
        expect.stringMatching(/^invalid: /),
      ]);
    },
  );

  it.skipIf(lacking)('does not verify rows that their table does not allow (beads_rust#269)', async () => {
    const change = (table: string, sql: string): string =>
      `UPDATE sqlite_schema SET sql = '${sql}' WHERE name = '${table}';`;
    const empty = define(
      'empty',
      `INSERT INTO notes VALUES (NULL); ${change('notes', 'CREATE TABLE notes(text TEXT NOT NULL)')}`,
    );
    const numeric = define(
      'numeric',
      change('trades', 'CREATE TABLE trades(id INTEGER PRIMARY KEY, symbol TEXT, amount TEXT)'),
    );
    expect([empty, numeric].map((content) => judge(content))).toStrictEqual([
      'NULL value in notes.text',
      'NUMERIC value in trades.amount',
    ]);
    const why = 'not verified: validator "sqlite" says: SQLite cannot check it: ';
    expect(await verdicts([empty, numeric])).toStrictEqual([
      `${why}NULL value in notes.text`,
      `${why}NUMERIC value in trades.amount`,
    ]);
  });

  it.skipIf(lacking)(
    'does not verify what is encrypted behind a header that is not (SQLite3MultipleCiphers#209)',
    async () => {
      // The usual pages, each with a code of its own at the end.
      const encrypted = Buffer.alloc(4 * 4_096, 0x5a);
      for (const [at, byte] of database.entries()) encrypted[at] = at < 32 ? byte : byte ^ 0x5a;
      encrypted.writeUInt16BE(4_096, 16);
      encrypted[20] = 80;
      expect(await verdicts([encrypted])).toStrictEqual([
        'not verified: validator "sqlite" says: SQLite cannot check it: unsupported file format',
      ]);
    },
  );

  it.skipIf(lacking)('finds damage behind what it cannot check', async () => {
    const both = make(
      'both.db',
      `CREATE VIRTUAL TABLE m USING fts4(content="", body); INSERT INTO m(docid, body) VALUES (1, 'text');`,
    );
    const broken = Buffer.from(both);
    const at = broken.indexOf('SYMBOL', broken.indexOf('SYMBOL', 2_000));
    broken.write('TYMBOL', at);
    expect((await verdicts([broken]))[0]).toMatch(/^invalid: integrity check: /);
  });
});

describe('sqlite() of a file with more or less than its pages', () => {
  it.skipIf(lacking)('passes over bytes behind the last page, of which SQLite reads nothing', async () => {
    const surplus = [Buffer.alloc(100), Buffer.alloc(PAGE + 1, 7)];
    const all = await verdicts(surplus.map((bytes) => Buffer.concat([database, bytes])));
    expect(all).toStrictEqual(['ok', 'ok']);
  });

  it.skipIf(lacking)('rejects a last page of which part is missing', async () => {
    const why = `its ${database.length - 100} bytes are not whole pages of ${PAGE}`;
    expect(await verdicts([database.subarray(0, -100)])).toStrictEqual([`invalid: ${why}`]);
  });
});

describe('sqlite() with a write-ahead log', () => {
  /** A database and its log, as they stand while a program has it open. */
  function withLog(): { main: Buffer; log: Buffer } {
    const path = join(scratch(), 'open.db');
    for (const ending of ['', '-wal', '-shm']) rmSync(path + ending, { force: true });
    // A shell that is killed leaves the log as it is.
    execFileSync('sqlite3', ['-batch', path], {
      input: `PRAGMA page_size = ${PAGE}; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
        CREATE TABLE t(x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
        INSERT INTO t SELECT hex(randomblob(20)) FROM n; CREATE INDEX i ON t(x);
.shell cp ${path} ${path}.main
.shell cp ${path}-wal ${path}.log`,
    });
    return { main: readFileSync(`${path}.main`), log: readFileSync(`${path}.log`) };
  }

  it.skipIf(lacking)('checks both together, and leaves nothing anywhere', async () => {
    const { main, log } = withLog();
    const directory = emptyDirectory();
    const run = makeRun({ artifacts: { 'trades.db': main, 'trades.db-wal': log } });
    const before = snapshot(run.root);
    const { inspected } = await inspect(run, { settings: { directory } });
    expect([told(inspected), inspected.coverage.complete]).toStrictEqual([[], true]);
    expect(snapshot(run.root)).toStrictEqual(before);
    expect(readdirSync(directory)).toStrictEqual([]);
  });

  it.skipIf(lacking)('finds what is broken only in the log', async () => {
    const { main, log } = withLog();
    // The main file alone is an empty database: a page of the log with a right checksum breaks it.
    const alone = await verdicts([main]);
    expect(alone).toStrictEqual(['ok']);
    const broken = withBrokenPages(log);
    const { inspected } = await inspect(
      makeRun({ artifacts: { 'trades.db': main, 'trades.db-wal': broken } }),
    );
    expect(told(inspected)).toStrictEqual([
      [
        'ARTIFACT_CONTENT_INVALID',
        'trades.db',
        expect.stringMatching(/^(?:integrity check|SQLite cannot read it): /),
      ],
    ]);
  });

  it.skipIf(lacking)('verifies nothing when the log is not what was recorded', async () => {
    const { main, log } = withLog();
    const run = makeRun({ artifacts: { 'trades.db': main, 'trades.db-wal': log } });
    writeFileSync(run.at('trades.db-wal'), Buffer.alloc(log.length, 1));
    const { inspected } = await inspect(run);
    expect(told(inspected).map((each) => (each as string[]).slice(0, 2))).toStrictEqual([
      ['ARTIFACT_NOT_VERIFIED', 'trades.db'],
      ['ARTIFACT_DIGEST_MISMATCH', 'trades.db-wal'],
    ]);
  });

  /** With the recorded size of one artifact left out, or 0. */
  function misrecorded(artifacts: Record<string, Buffer>, name: string, size: number | undefined): MadeRun {
    const records = Object.entries(artifacts).map(([each, bytes]) =>
      each === name ? { ...artifactRecord(each, bytes), size_bytes: size } : artifactRecord(each, bytes),
    );
    return makeRun({ artifacts, trades: { artifacts: records } });
  }

  it.skipIf(lacking).each([undefined, 0])(
    'reads a log or a journal whose recorded size is %s',
    async (size) => {
      const { main, log } = withLog();
      for (const [ending, bytes] of [
        ['-wal', withBrokenPages(log)],
        ['-journal', Buffer.from('x')],
      ] as const) {
        const artifacts = { 'trades.db': main, [`trades.db${ending}`]: bytes };
        const { inspected } = await inspect(misrecorded(artifacts, `trades.db${ending}`, size));
        const its = inspected.findings.filter(({ artifact }) => artifact === 'trades.db');
        expect(its.map(({ code }) => code)).toStrictEqual(['ARTIFACT_NOT_VERIFIED']);
      }
    },
  );

  const headers: [string, (log: Buffer) => Buffer][] = [
    ['is too short', (log) => log.subarray(0, 31)],
    ['has another magic number', (log) => withHeader(log, 0, 0x377f0680)],
    ['has another version', (log) => withHeader(log, 4, 3_007_001)],
    ['has a size of pages that is none', (log) => withHeader(log, 8, 1_000)],
    ['has another checksum', (log) => Buffer.from(log.map((byte, at) => (at === 31 ? byte ^ 1 : byte)))],
    ['is zeros', (log) => Buffer.alloc(log.length)],
  ];
  it.skipIf(lacking).each(headers)('does not verify when the header of the log %s', async (_, change) => {
    const { main, log } = withLog();
    const run = makeRun({ artifacts: { 'trades.db': main, 'trades.db-wal': change(log) } });
    const { inspected } = await inspect(run);
    const why = 'validator "sqlite" says: the log beside it has no valid header, so SQLite ignores it';
    expect(told(inspected)).toStrictEqual([['ARTIFACT_NOT_VERIFIED', 'trades.db', why]]);
  });

  it.skipIf(lacking)('checks with a log of the other order of bytes, and with one of no frames', async () => {
    const { main, log } = withLog();
    const other = withSums(withHeader(log, 0, (log.readUInt32BE(0) ^ 1) >>> 0));
    for (const each of [other, log.subarray(0, 32)]) {
      const { inspected } = await inspect(
        makeRun({ artifacts: { 'trades.db': main, 'trades.db-wal': each } }),
      );
      expect(told(inspected)).toStrictEqual([]);
    }
  });

  const flipped = (log: Buffer, at: number): Buffer => {
    const copy = Buffer.from(log);
    copy[at]! ^= 1;
    return copy;
  };
  const lastFrame = (log: Buffer): number => log.length - FRAME;
  const lost: [string, (log: Buffer) => Buffer, (log: Buffer) => number][] = [
    ['the first frame', (log) => flipped(log, WAL_HEADER + 100), () => WAL_HEADER],
    ['the salt of the first frame', (log) => flipped(log, WAL_HEADER + 8), () => WAL_HEADER],
    ['a frame in between', (log) => flipped(log, WAL_HEADER + FRAME + 16), () => WAL_HEADER + FRAME],
    ['the last frame', (log) => flipped(log, log.length - 1), lastFrame],
    ['the number of its page', (log) => withSums(withPageZero(log)), lastFrame],
    ['the end', (log) => log.subarray(0, -1), lastFrame],
  ];
  it.skipIf(lacking).each(lost)(
    'does not verify when a transaction is lost to damage of %s of the log',
    async (_, damage, from) => {
      const { main, log } = withLog();
      const run = makeRun({ artifacts: { 'trades.db': main, 'trades.db-wal': damage(log) } });
      const { inspected } = await inspect(run);
      const why = `validator "sqlite" says: SQLite reads its log to byte ${from(log)}, where a frame is broken, and not the transaction that ends at byte `;
      expect(told(inspected)).toStrictEqual([
        ['ARTIFACT_NOT_VERIFIED', 'trades.db', expect.stringContaining(why)],
      ]);
    },
  );

  it.skipIf(lacking)('passes over what an earlier use of the log left behind', async () => {
    const { main, log } = withLog();
    const leftover = Buffer.from(log.subarray(WAL_HEADER));
    // Frames of an earlier time have other salts.
    for (let at = 0; at < leftover.length; at += FRAME) leftover[at + 8]! ^= 1;
    const left = Buffer.concat([log, leftover, Buffer.alloc(100, 1)]);
    const run = makeRun({ artifacts: { 'trades.db': main, 'trades.db-wal': left } });
    const { inspected } = await inspect(run);
    expect(told(inspected)).toStrictEqual([]);
  });

  it.skipIf(lacking)('does not verify parts of pages that its log may have', async () => {
    const { main, log } = withLog();
    const part = Buffer.concat([main, Buffer.alloc(100)]);
    const run = makeRun({ artifacts: { 'trades.db': part, 'trades.db-wal': log } });
    const { inspected } = await inspect(run);
    const why = `its ${part.length} bytes are not whole pages of ${PAGE}, and whether its log has the rest is not told`;
    expect(told(inspected)).toStrictEqual([
      ['ARTIFACT_NOT_VERIFIED', 'trades.db', `validator "sqlite" says: ${why}`],
    ]);
  });

  it.skipIf(lacking)('takes no log that the run does not record', async () => {
    const { main, log } = withLog();
    const run = makeRun({ artifacts: { 'trades.db': main } });
    writeFileSync(run.at('trades.db-wal'), log);
    const { inspected } = await inspect(run);
    expect(told(inspected).map((each) => (each as string[])[0])).toStrictEqual(['ARTIFACT_UNLISTED']);
  });

  it.skipIf(lacking)('does not verify a database that has a rollback journal beside it', async () => {
    const artifacts = { 'trades.db': database, 'trades.db-journal': 'x' };
    const { inspected } = await inspect(makeRun({ artifacts }));
    expect(told(inspected)).toStrictEqual([
      ['ARTIFACT_NOT_VERIFIED', 'trades.db', 'validator "sqlite" says: it has a rollback journal beside it'],
    ]);
  });
});

/** A log with another number in its header, and with its checksum. */
function withHeader(log: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(log);
  copy.writeUInt32BE(value, at);
  const isBig = (copy.readUInt32BE(0) & 1) === 1;
  const word = (from: number): number => (isBig ? copy.readUInt32BE(from) : copy.readUInt32LE(from));
  let [a, b] = [0, 0];
  for (let from = 0; from < 24; from += 8) {
    a = (a + word(from) + b) >>> 0;
    b = (b + word(from + 4) + a) >>> 0;
  }
  copy.writeUInt32BE(a, 24);
  copy.writeUInt32BE(b, 28);
  return copy;
}

const WAL_HEADER = 32;
const FRAME = 24 + PAGE;

/** A log in which every page but the first has lost its header, with right checksums. */
function withBrokenPages(log: Buffer): Buffer {
  const copy = Buffer.from(log);
  for (let at = WAL_HEADER; at + FRAME <= copy.length; at += FRAME)
    if (copy.readUInt32BE(at) !== 1) copy[at + 24]! ^= 0xff;
  return withSums(copy);
}

/** A log whose last frame is of a page that there is not. */
function withPageZero(log: Buffer): Buffer {
  const copy = Buffer.from(log);
  copy.writeUInt32BE(0, log.length - FRAME);
  return copy;
}

/** A log with the checksums of its frames. */
function withSums(log: Buffer): Buffer {
  const copy = Buffer.from(log);
  const isBig = (copy.readUInt32BE(0) & 1) === 1;
  const word = (at: number): number => (isBig ? copy.readUInt32BE(at) : copy.readUInt32LE(at));
  let [a, b] = [copy.readUInt32BE(24), copy.readUInt32BE(28)];
  const add = (from: number, to: number): void => {
    for (let at = from; at < to; at += 8) {
      a = (a + word(at) + b) >>> 0;
      b = (b + word(at + 4) + a) >>> 0;
    }
  };
  for (let at = WAL_HEADER; at + FRAME <= copy.length; at += FRAME) {
    add(at, at + 8);
    add(at + 24, at + FRAME);
    copy.writeUInt32BE(a, at + 16);
    copy.writeUInt32BE(b, at + 20);
  }
  return copy;
}

describe('sqlite() works in a directory that', () => {
  const notThere = 'neither node:sqlite (Node.js 22.13) nor better-sqlite3';

  it.skipIf(lacking).each(['the root itself', 'a directory in it', 'a link to one'])(
    'must not be %s',
    async (which) => {
      const run = makeRun({ artifacts: { 'trades.db': database } });
      const link = join(temporaryDirectory(), 'link');
      symlinkSync(run.path, link);
      const directory = which.startsWith('the') ? run.root : which.endsWith('it') ? run.path : link;
      const before = snapshot(run.root);
      const { inspected } = await inspect(run, { settings: { directory } });
      expect(told(inspected)).toStrictEqual([
        [
          'ARTIFACT_NOT_VERIFIED',
          'trades.db',
          'validator "sqlite" says: the directory for private copies is in the backups directory',
        ],
      ]);
      expect(snapshot(run.root)).toStrictEqual(before);
    },
  );

  it.skipIf(lacking)('must be there', async () => {
    const directory = join(temporaryDirectory(), 'missing');
    const { inspected } = await inspect(makeRun({ artifacts: { 'trades.db': database } }), {
      settings: { directory },
    });
    expect(told(inspected)).toStrictEqual([
      [
        'ARTIFACT_NOT_VERIFIED',
        'trades.db',
        'validator "sqlite" says: no private copy can be made of it (ENOENT)',
      ],
    ]);
  });

  it.skipIf(HERE)('is not needed where there is no engine', async () => {
    const said = await verdictOn({ name: 'trades.db', content: 'SQLite', validators: [sqlite()] });
    expect(said).toBe(`not verified: validator "sqlite" says: there is ${notThere}`);
  });
});

/** Where a stub of better-sqlite3 stands for the children: their scripts are in a folder beside it. */
function stub(body: string): void {
  const home = join(scratch(), 'node_modules/better-sqlite3');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{"name":"better-sqlite3","main":"index.js"}');
  writeFileSync(join(home, 'index.js'), `const { execFileSync } = require('node:child_process');\n${body}`);
}

describe('sqlite() with better-sqlite3', () => {
  const skip = HERE || lacking;
  const whole = (): MadeRun => makeRun({ artifacts: { 'trades.db': database } });
  const engine = (all: string): string => `module.exports = class {
    constructor(path) { this.path = path; }
    exec() {}
    prepare(sql) { return { all: () => { if (/page_size/.test(sql)) return [{ page_size: ${PAGE} }];
      if (/page_count/.test(sql)) return [{ page_count: Math.ceil(require('node:fs').statSync(this.path).size / ${PAGE}) }];
      ${all} } }; }
    close() {}
  };`;
  const says = (text: string): string => engine(`return [{ integrity_check: '${text}' }]`);
  const REAL = `try {
    return [{ integrity_check: execFileSync('sqlite3', ['-batch', this.path, sql], { encoding: 'utf8', stdio: 'pipe' }).trim() }];
  } catch ({ stderr }) {
    throw Object.assign(new Error(stderr.trim()), { code: /not a database/.test(stderr) ? 'SQLITE_NOTADB' : 'SQLITE_CORRUPT_INDEX' });
  }`;

  const inspectHere = (run: MadeRun, given: Partial<ContentsInput> = {}): ReturnType<typeof inspect> =>
    inspect(run, given, process.execPath);

  it.skipIf(skip)('says what it says', async () => {
    stub(engine(REAL));
    const broken = Buffer.from(database);
    broken[PAGE * 3]! ^= 0xff;
    const foreign = `SQLite format 3\0${'hello'.repeat(1_024)}`.slice(0, 4_096);
    const artifacts = { 'good.db': database, 'broken.db': broken, 'foreign.db': foreign };
    const { inspected } = await inspectHere(makeRun({ artifacts }));
    expect(told(inspected)).toStrictEqual([
      [
        'ARTIFACT_CONTENT_INVALID',
        'broken.db',
        expect.stringMatching(/^(?:integrity check|SQLite cannot read it): /),
      ],
      [
        'ARTIFACT_CONTENT_INVALID',
        'foreign.db',
        expect.stringMatching(/^SQLite cannot read it: .*not a database/),
      ],
    ]);
  });

  const broken: [string, string, string][] = [
    ['cannot read a page', says('*** in database main ***\\nTree 2 page 11: unable to get the page. error code=266'), 'says: SQLite cannot check it: Tree 2 page 11: unable to get the page. error code=266'],
    ['has no memory for a page', says('unable to get the page. error code=7'), 'says: SQLite cannot check it: unable to get the page. error code=7'],
    ['gets no page', says('failed to get page 7'), 'says: SQLite cannot check it: failed to get page 7'],
    ['ends its thread', engine('process.exit(1)'), 'says: its check ended by itself'],
    ['throws what SQLite does not', engine('throw new Error("no bindings")'), 'says: its check failed (Error)'],
    ['is out of memory', engine('throw Object.assign(new Error("out of memory"), { code: "SQLITE_NOMEM" })'), 'says: SQLite cannot check it: out of memory'],
    ['says nothing', engine('return []'), 'says: its integrity check said nothing'],
    ['is something else', 'module.exports = {};', 'says: SQLite cannot be loaded (TypeError)'],
    ['throws when it is loaded', 'throw new Error("wrong version");', 'says: SQLite cannot be loaded (Error)'],
    ['is never done', engine('for (;;);'), 'says: its check took longer than 700 ms'],
  ]; // prettier-ignore
  it.skipIf(skip).each(broken)(
    'that %s verifies nothing, and removes its copy',
    async (_, body, expected) => {
      stub(body);
      const directory = emptyDirectory();
      const { inspected } = await inspectHere(whole(), { settings: { directory, timeoutMs: 700 } });
      expect(told(inspected)).toStrictEqual([
        ['ARTIFACT_NOT_VERIFIED', 'trades.db', `validator "sqlite" ${expected}`],
      ]);
      expect(readdirSync(directory)).toStrictEqual([]);
    },
  );

  it.skipIf(skip).each([11, 267, 26])('rejects a page for error code %i', async (code) => {
    stub(says(`unable to get the page. error code=${code}`));
    const { inspected } = await inspectHere(whole());
    const why = `integrity check: unable to get the page. error code=${code}`;
    expect(told(inspected)).toStrictEqual([['ARTIFACT_CONTENT_INVALID', 'trades.db', why]]);
  });

  it.skipIf(skip)('looks for whole pages before it checks them', async () => {
    stub(engine('throw new Error("checked")'));
    const run = makeRun({ artifacts: { 'trades.db': database.subarray(0, -1) } });
    const { inspected } = await inspectHere(run);
    const why = `its ${database.length - 1} bytes are not whole pages of ${PAGE}`;
    expect(told(inspected)).toStrictEqual([['ARTIFACT_CONTENT_INVALID', 'trades.db', why]]);
  });

  it.skipIf(skip)('is ended by the time budget, longer than a stall, and then removes its copy', async () => {
    stub(engine('for (;;);'));
    const directory = emptyDirectory();
    const options = { timeBudgetMs: 2_000, stallTimeoutMs: 1_000 };
    const { inspected } = await inspectHere(whole(), { settings: { directory }, options });
    expect(told(inspected)).toStrictEqual([
      ['ARTIFACT_NOT_VERIFIED', 'trades.db', 'the time budget is over'],
    ]);
    expect(readdirSync(directory)).toStrictEqual([]);
  });

  it.skipIf(skip)('works on a copy that nobody else may read', async () => {
    stub(
      engine(`const { statSync, readdirSync } = require('node:fs'); const { dirname } = require('node:path');
      const home = dirname(this.path);
      const mode = (path) => (statSync(path).mode & 0o777).toString(8);
      return [{ x: [mode(home), mode(this.path), readdirSync(home).join()].join(' ') }];`),
    );
    const { inspected } = await inspectHere(whole());
    expect(told(inspected)).toStrictEqual([
      ['ARTIFACT_CONTENT_INVALID', 'trades.db', 'integrity check: 700 600 copy'],
    ]);
  });
});

describe('sqlite() throws for options', () => {
  it.each([
    { directory: '' },
    { directory: 'a\0b' },
    { timeoutMs: 0 },
    { timeoutMs: 2 ** 31 },
    { names: 'x' },
  ])('%j', (options) => expect(() => sqlite(options as never)).toThrow(TypeError));
});
