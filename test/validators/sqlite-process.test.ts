import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { findNode } from '../../src/validators/sqlite/node-program.ts';
import { built, runChild } from '../support/built.ts';
import type { ContentsInput, ContentsOutput } from '../support/children/contents.ts';
import type { DatabaseInput } from '../support/children/database.ts';
import { memoryCgroup } from '../support/memory-cgroup.ts';
import { lacks, NODE_26 } from '../support/needs.ts';
import { makeRun, RUN_ID, temporaryDirectory, type MadeRun } from '../support/runs.ts';
import { scratch } from '../support/scratch.ts';

const HERE = isBuiltin('node:sqlite');
const node = HERE ? process.execPath : NODE_26;
const lacking =
  lacks('the process that checks databases', 'linux', 'sqlite3') ||
  (!HERE &&
    lacks('the process that checks databases', 'other versions of Node (npm ci --prefix test/nodes)'));

/** A database of a few kilobytes with an index on an expression, which an integrity check evaluates. */
function makeWith(expression: string): Buffer {
  const path = join(scratch(), `${Math.random()}.db`);
  const sql = `UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON t(${expression})' WHERE name = 'i'`;
  const before = 'CREATE TABLE t(x); CREATE INDEX i ON t(x); INSERT INTO t VALUES (1), (2), (3);';
  execFileSync('sqlite3', ['-batch', path, before, `PRAGMA writable_schema = ON; ${sql}`]);
  return readFileSync(path);
}

/** Hours of work. */
const endless = (): Buffer => makeWith("instr(hex(zeroblob(20000000)), hex(zeroblob(9000000)) || ''1'')");
/** Gigabytes of memory. */
const huge = (): Buffer => makeWith("length(replace(hex(zeroblob(400000000)), ''0'', ''00''))");

const run = (content: Buffer): MadeRun => makeRun({ artifacts: { 'trades.db': content } });

function emptyDirectory(): string {
  const directory = join(temporaryDirectory(), 'tmp');
  mkdirSync(directory);
  return directory;
}

interface Begun {
  readonly host: ChildProcess;
  readonly directory: string;
  /** Of the process that checks. */
  readonly pid: number;
  /** What else the host prints, line by line. */
  readonly lines: AsyncIterator<string>;
}

/** Begins to check an endless database; resolves when it is being checked. */
async function begin(over: Partial<DatabaseInput> = {}): Promise<Begun> {
  const directory = emptyDirectory();
  const input: DatabaseInput = { root: run(endless()).root, runId: RUN_ID, directory, timeoutMs: 100_000, stallTimeoutMs: 30_000, ending: 'wait', ...over }; // prettier-ignore
  const script = join(await built(), 'database.mjs');
  const host = spawn(node, ['--no-warnings', script, JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { NODE_OPTIONS: '--max-http-header-size=9999', SECRET: 'of the host' },
  });
  onTestFinished(() => void host.kill('SIGKILL'));
  const lines = createInterface({ input: host.stdout })[Symbol.asyncIterator]();
  const { value: home } = await lines.next();
  return { host, directory, lines, pid: Number(String(home).split('-')[4]) };
}

const settled = { timeout: 60_000, interval: 10 };

/** Nothing lives, and nothing is left. */
async function expectGone({ pid, directory }: Begun): Promise<void> {
  await vi.waitFor(() => expect([isThere(pid), readdirSync(directory)]).toStrictEqual([false, []]), settled);
}

/** A zombie is there, too. */
const isThere = (pid: number): boolean => existsSync(`/proc/${pid}`);

async function said({ lines }: Begun): Promise<unknown> {
  const { value } = await lines.next();
  return JSON.parse(String(value));
}

describe('the process that checks a database ends, and leaves nothing,', () => {
  it.skipIf(lacking)('when its time is over', async () => {
    const begun = await begin({ timeoutMs: 2_000 });
    expect(await said(begun)).toStrictEqual(['validator "sqlite" says: its check took longer than 2000 ms']);
    await expectGone(begun);
    await once(begun.host, 'exit');
    expect(begun.host.exitCode).toBe(0);
  });

  it.skipIf(lacking).each(['abort', 'close', 'exit', 'throw'] as const)(
    'with %s of its host',
    async (how) => {
      await expectGone(await begin({ ending: how }));
    },
  );

  it.skipIf(lacking).each(['SIGHUP', 'SIGQUIT', 'SIGTERM', 'SIGKILL'] as const)(
    'with %s to its host',
    async (signal) => {
      const begun = await begin();
      begun.host.kill(signal);
      await expectGone(begun);
    },
  );

  it.skipIf(lacking).each(['SIGKILL', 'SIGSEGV', 'SIGTERM'] as const)('with %s to itself', async (signal) => {
    const begun = await begin();
    process.kill(begun.pid, signal);
    expect(await said(begun)).toStrictEqual([`validator "sqlite" says: its process ended (${signal})`]);
    await expectGone(begun);
  });

  it.skipIf(lacking)('when it is stopped, and cannot end itself', async () => {
    const begun = await begin({ timeoutMs: 3_000, stallTimeoutMs: 3_000 });
    process.kill(begun.pid, 'SIGSTOP');
    // It may have been stopped before it could say that the check began.
    const either = /^validator "sqlite" (?:says: its check took longer than|did nothing for) 3000 ms$/;
    expect(await said(begun)).toStrictEqual([expect.stringMatching(either)]);
    await expectGone(begun);
  });

  it.skipIf(lacking)('not with what a terminal sends to all of its processes', async () => {
    const begun = await begin({ timeoutMs: 3_000 });
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT']) process.kill(begun.pid, signal);
    expect(await said(begun)).toStrictEqual(['validator "sqlite" says: its check took longer than 3000 ms']);
    await expectGone(begun);
  });
});

describe('the process that checks a database', () => {
  it.skipIf(lacking)('knows nothing of what its host was told', async () => {
    const begun = await begin();
    const [environment, command] = ['environ', 'cmdline'].map((name) =>
      readFileSync(`/proc/${begun.pid}/${name}`, 'utf8').split('\0').filter(Boolean),
    );
    expect(
      environment!.map((each) => each.split('=')[0]).filter((name) => !name!.startsWith('NODE_CHANNEL_')),
    ).toStrictEqual([]);
    expect(command!.slice(1)).toStrictEqual([
      '--max-old-space-size=64',
      '-e',
      expect.stringMatching(/^.{1,100}$/),
    ]);
    expect(readFileSync(`/proc/${begun.pid}/oom_score_adj`, 'utf8')).toBe('1000\n');
  });

  it.skipIf(lacking)('removes what dead ones of this host left behind, and nothing else', async () => {
    const begun = await begin();
    const [name = ''] = readdirSync(begun.directory);
    const named = (pid: number, start: string, where = name.split('-')[3]): string =>
      `backup-run-inspector-${where}-${pid}-${start}-0123456789abcdef`;
    const start = name.split('-')[5]!;
    const directory = emptyDirectory();
    const gone = spawn('true');
    await once(gone, 'exit');
    const dead = [named(gone.pid!, start), named(begun.pid, '1')];
    const kept = [
      // A live one, one that ran elsewhere, what was never a copy, and what holds something else.
      named(begun.pid, start),
      named(gone.pid!, start, '0123456789ab'),
      `backup-run-inspector-${gone.pid}`,
      named(gone.pid!, '2'),
    ];
    for (const each of [...dead, ...kept]) {
      mkdirSync(join(directory, each));
      writeFileSync(join(directory, each, 'copy'), 'private');
    }
    writeFileSync(join(directory, kept.at(-1)!, 'other'), 'not ours');
    const elsewhere = emptyDirectory();
    writeFileSync(join(elsewhere, 'copy'), 'not ours');
    symlinkSync(elsewhere, join(directory, named(gone.pid!, '3')));

    const input: ContentsInput = { root: run(makeWith('x')).root, runId: RUN_ID, validator: 'sqlite', settings: { directory }, options: {} }; // prettier-ignore
    const { answer } = await runChild<ContentsOutput>('contents', input, { node });
    expect(answer.ok && [answer.findings, answer.coverage.complete]).toStrictEqual([[], true]);
    expect(readdirSync(directory).toSorted()).toStrictEqual([...kept, named(gone.pid!, '3')].toSorted());
    expect(readdirSync(join(directory, kept.at(-1)!))).toStrictEqual(['other']);
    expect(readdirSync(elsewhere)).toStrictEqual(['copy']);
  });

  it.skipIf(lacking)('evaluates no constraint', async () => {
    const path = join(scratch(), 'constraint.db');
    const check = "CHECK (instr(hex(zeroblob(20000000)), hex(zeroblob(9000000)) || ''1'') = 0)";
    execFileSync('sqlite3', ['-batch', path, 'CREATE TABLE t(x); INSERT INTO t VALUES (1);', `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE t(x ${check})'`]); // prettier-ignore
    const settings = { timeoutMs: 20_000 };
    const input: ContentsInput = { root: run(readFileSync(path)).root, runId: RUN_ID, validator: 'sqlite', settings, options: {} }; // prettier-ignore
    const { answer } = await runChild<ContentsOutput>('contents', input, { node });
    expect(answer.ok && answer.findings).toStrictEqual([]);
  });

  it.skipIf(lacking)('is this Node.js, also when an upgrade has removed it', async () => {
    const removed = join(scratch(), 'node');
    copyFileSync(node, removed);
    const remove = "import { unlinkSync } from 'node:fs'; unlinkSync(process.execPath);";
    const nodeFlags = ['--import', `data:text/javascript,${encodeURIComponent(remove)}`];
    const input: ContentsInput = { root: run(makeWith('x')).root, runId: RUN_ID, validator: 'sqlite', settings: {}, options: {} }; // prettier-ignore
    const { answer } = await runChild<ContentsOutput>('contents', input, { node: removed, nodeFlags });
    expect(answer.ok && [answer.findings, answer.coverage.complete]).toStrictEqual([[], true]);
    expect(existsSync(removed)).toBe(false);
  });

  it.skipIf(lacking)('is none where none may be started', async () => {
    const made = run(makeWith('x'));
    const readable = [`${await built()}/`, `${made.root}/`, '/proc/self/fd/'];
    const nodeFlags = ['--permission', '--no-warnings', '--allow-worker', ...readable.map((path) => `--allow-fs-read=${path}`)]; // prettier-ignore
    const input: ContentsInput = { root: made.root, runId: RUN_ID, validator: 'sqlite', settings: {}, options: {} }; // prettier-ignore
    const { answer } = await runChild<ContentsOutput>('contents', input, { node, nodeFlags });
    expect(answer.ok && answer.findings.map(({ actual }) => actual)).toStrictEqual([
      'validator "sqlite" says: no process can be started for it (ERR_ACCESS_DENIED)',
    ]);
  });
});

const uncontained = lacking || lacks('the memory of a database check', 'a memory cgroup');

describe('a database that needs gigabytes, in a memory cgroup', () => {
  /** What was said in a group of so many bytes, and the most that was used in it. */
  async function inspectIn(bytes: number): Promise<{ said: unknown; most: number }> {
    const { under, peak } = memoryCgroup(bytes);
    const directory = emptyDirectory();
    const input: ContentsInput = { root: run(huge()).root, runId: RUN_ID, validator: 'sqlite', settings: { directory }, options: {} }; // prettier-ignore
    const { answer } = await runChild<ContentsOutput>('contents', input, { node, under });
    expect(readdirSync(directory)).toStrictEqual([]);
    return { said: answer.ok && answer.findings.map(({ actual }) => actual), most: peak() };
  }

  it.skipIf(uncontained)('is given up before it takes one', async () => {
    const { said: its, most } = await inspectIn(2 ** 31);
    expect(its).toStrictEqual([
      'validator "sqlite" says: its check takes more than 536870912 bytes of memory',
    ]);
    expect(most).toBeLessThan(2 ** 30);
  });

  // What asks for memory before the kernel has freed that of the process it has killed is killed too: not every time.
  it.skipIf(uncontained)('is what ends where memory is short, and not its host', { retry: 3 }, async () => {
    const { said: its } = await inspectIn(350 * 2 ** 20);
    expect(its).toStrictEqual(['validator "sqlite" says: its process ended (SIGKILL)']);
  });
});

describe('findNode() knows Node.js', () => {
  const host = { execPath: '/usr/bin/node', versions: { node: '24.0.0' }, platform: 'linux' };
  const sea = (isSea: boolean) => ({
    getBuiltinModule: (name: string) => (name === 'node:sea' ? { isSea: () => isSea } : undefined),
  });
  it.each([
    [host, true],
    [{ ...host, ...sea(false) }, true],
    [{ ...host, execPath: '/usr/bin/nodejs' }, true],
    [{ ...host, execPath: '/opt/node22' }, true],
    [{ ...host, execPath: '/opt/node-v22.1.0' }, true],
    [{ ...host, execPath: String.raw`C:\Program Files\nodejs\node.exe`, platform: 'win32' }, true],
    [{ ...host, ...sea(true) }, false],
    [{ ...host, execPath: '/opt/daemon' }, false],
    [{ ...host, execPath: '/opt/node/daemon' }, false],
    [{ ...host, execPath: '/opt/node-red' }, false],
    [{ ...host, versions: { node: '24.0.0', electron: '40.0.0' } }, false],
    [{ ...host, versions: { node: '24.0.0', bun: '1.4.5' } }, false],
    [{ ...host, versions: { node: '24.0.0', deno: '2.9.6' } }, false],
    [Object.assign({ pkg: {} }, host), false],
  ])('in %j: %s', (its, isNode) => {
    const found = findNode(its);
    const only = /^SQLite works in a process of its own, which only Node\.js itself can start: this is \S/;
    expect(found).toStrictEqual(isNode ? { path: its.execPath } : { why: expect.stringMatching(only) });
  });

  it('here', () => {
    expect(findNode()).toStrictEqual({ path: process.execPath });
    expect(statSync(process.execPath).isFile()).toBe(true);
  });
});
