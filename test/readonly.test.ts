import { cpSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { getBackupRun, type BackupRunRequest } from '../src/index.ts';
import { CASES, FIXTURES } from './support/fixtures.ts';
import { temporaryDirectory } from './support/runs.ts';
import { snapshot } from './support/snapshot.ts';
import { SOURCES } from './support/sources.ts';

/** What node:fs writes, creates, renames, locks or deletes with; each also with `Sync`. */
const WRITING = [
  'appendFile',
  'chmod',
  'chown',
  'copyFile',
  'cp',
  'createWriteStream',
  'fchmod',
  'fchown',
  'fdatasync',
  'fsync',
  'ftruncate',
  'futimes',
  'lchmod',
  'lchown',
  'link',
  'lutimes',
  'mkdir',
  'mkdtemp',
  'mkdtempDisposable',
  'rename',
  'rm',
  'rmdir',
  'symlink',
  'truncate',
  'unlink',
  'utimes',
  'write',
  'writeFile',
  'WriteStream',
  'writev',
];

const WRITING_FLAGS = ['O_WRONLY', 'O_RDWR', 'O_CREAT', 'O_EXCL', 'O_TRUNC', 'O_APPEND'];

/** The same in words. */
const WRITING_MODES = /^(?:r\+|rs\+|sr\+|[wa]x?\+?|xw\+?|xa\+?|as\+?|sa\+?)$/;

/** What fs/calls may take from node:fs. */
const READING = ['closeSync', 'fstatSync', 'lstatSync', 'openSync', 'readSync', 'readdirSync', 'statSync'];
const TYPES = ['BigIntStats'];

/** Modules outside of src that src may import. */
const MODULES = [
  'fast-glob',
  'node:crypto',
  'node:diagnostics_channel',
  'node:events',
  // To ask where a package is.
  'node:module',
  'node:fs',
  'node:os',
  'node:path',
  'node:process',
  'node:stream',
  'node:timers',
  'node:timers/promises',
  'node:url',
  'node:util',
  'node:util/types',
  'node:worker_threads',
  'node:zlib',
  // Bundled: a distance of words and a heap, which work on what they are given alone.
  'damerau-levenshtein',
  'tinyqueue',
  'valibot',
];

/** Modules that are bundled into the command line, and that no other part of src may import: they work on text alone. */
const BUNDLED = ['filesize', 'pretty-ms', 'string-width', 'wrap-ansi'];

/** What may be written, and where to; and what only has the name of a call that writes. */
const ALLOWED: Readonly<Partial<Record<string, readonly string[]>>> = {
  // To the streams of the process, and to its standard output where that is a file.
  'cli/main': ['write', 'writeSync'],
  // To a stream of node:zlib.
  'validators/inflate': ['write'],
  // To a fresh directory outside of the backups directory.
  'validators/sqlite/private-copy': ['mkdirSync', 'rmSync', 'rmdirSync', 'writeSync', 'writeFileSync'],
  // To the process that checks a database.
  'validators/sqlite/child': ['write'],
  'validators/sqlite/index': ['write'],
};

describe('the sources', () => {
  it.each(SOURCES)('$name names nothing that writes', ({ name: source, taken, strings }) => {
    const names = [...WRITING.flatMap((name) => [name, `${name}Sync`]), ...WRITING_FLAGS];
    expect(names.filter((name) => taken.has(name))).toEqual(ALLOWED[source] ?? []);
    const modes = source === 'validators/sqlite/private-copy' ? ['wx'] : [];
    expect([...strings].filter((text) => WRITING_MODES.test(text))).toEqual(modes);
  });

  it('take from node:fs, in fs/calls, what reads', () => {
    const calls = SOURCES.find(({ name }) => name === 'fs/calls');
    const members = [...(calls?.members ?? [])].filter((member) => member.startsWith('fs.'));
    expect(members.length).toBeGreaterThan(0);
    expect(members.filter((member) => ![...READING, ...TYPES].includes(member.slice(3)))).toEqual([]);
    // So that every use of it is seen here.
    expect(calls?.imports.find(({ from }) => from === 'node:fs')?.names).toEqual(['*']);
  });

  it('import no other module that could write', () => {
    const names = new Set(SOURCES.map(({ name }) => name));
    const outside = SOURCES.flatMap(({ name, imports }) =>
      imports
        .map(({ from }) => from)
        .filter((from) => !names.has(from) && !MODULES.includes(from))
        .filter((from) => !(name.startsWith('cli/') && BUNDLED.includes(from)))
        .map((from) => `${name}: ${from}`),
    );
    expect(outside).toEqual([
      // What reads databases; it is given the path of a private copy.
      'validators/sqlite/check-database: engine',
      // What starts the process that does.
      'validators/sqlite/child: node:child_process',
    ]);
  });
});

describe('getBackupRun() leaves a backups directory as it was', () => {
  it('whatever is found in it', { timeout: 300_000 }, async () => {
    const copy = temporaryDirectory();
    cpSync(FIXTURES, copy, { recursive: true });
    const before = snapshot(copy);
    for (const { request, root, options } of CASES) {
      await getBackupRun(request as BackupRunRequest, {
        ...options,
        root: join(copy, relative(FIXTURES, root)),
      });
    }
    expect(Object.keys(before).length).toBeGreaterThan(CASES.length);
    expect(snapshot(copy)).toEqual(before);
  });
});
