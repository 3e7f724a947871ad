import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { takeOrders, type Orders } from '../support/children/orders.ts';
import { mountFaultyDisk } from '../support/faulty-disk.ts';
import { lacks } from '../support/needs.ts';
import { attend, program, run, start, type Running } from '../support/program.ts';
import { makeRun, RUN_ID, temporaryDirectory } from '../support/runs.ts';

const timeout = 300_000;
const skipped = lacks('a disk that hangs', 'linux', 'root', 'gcc', 'libfuse3 with pkg-config', '/dev/fuse');

let orders: Orders | null = null;
afterEach(() => {
  orders?.end();
  orders = null;
});

/** Two runs on a disk that hangs when the older one is read. */
async function hangingDisk(...hang: readonly string[]): Promise<string> {
  const { root } = makeRun({ artifacts: { 'a.db': 'a\n', 'trades.db': 'the trades of today\n' } });
  makeRun({ root, runId: NEWER, manifest: { started_at: 1782800000, finished_at: 1782800001 } });
  const disk = await mountFaultyDisk(root);
  orders = await takeOrders(disk.socket);
  await orders.give(...hang);
  return disk.mount;
}

const NEWER = '20260630-081320-000002';
/** Whoever waits for it can be killed: of what cannot, nothing can end a process. */
const HANG = `hold read 1 /completed/${RUN_ID}/trades.db`;

/** The program, verifying both runs, when the older one is stuck. */
async function stuck(...options: readonly string[]): Promise<Running> {
  const root = await hangingDisk(HANG);
  const running = await start(['verify', '--all', '--root', root, ...options]);
  await orders?.hung();
  return running;
}

describe('backup-run, when it is told to stop,', () => {
  it.skipIf(skipped).each(['SIGINT', 'SIGTERM'] as const)(
    'tells what was verified, and dies by %s',
    { timeout },
    async (signal) => {
      const { child, ended } = await stuck();
      child.kill(signal);
      const { stdout, stderr, ...end } = await ended;
      expect(end).toStrictEqual({ code: null, signal });
      const [first, second, rest] = stdout.split('\n');
      expect(first).toMatch(new RegExp(`^restorable +${NEWER} `));
      expect(second).toMatch(/^Interrupted: 1 of 2 runs: 1 restorable; /);
      expect(rest).toBe('');
      expect(stderr).toBe('backup-run: Interrupted\n');
    },
  );

  it.skipIf(skipped)('ends its JSON', { timeout }, async () => {
    const { child, ended } = await stuck('--json');
    child.kill('SIGINT');
    const { stdout } = await ended;
    expect(JSON.parse(stdout)).toMatchObject([{ ok: true, run: { run_id: NEWER } }]);
  });

  it.skipIf(skipped).each(['--json', '--ndjson', '--utc'])(
    'ends a listing of which nothing is known yet: %s',
    { timeout },
    async (form) => {
      const root = await hangingDisk(`hold read -1 /completed/${RUN_ID}/manifest.json`);
      const { child, ended } = await start(['list', '--root', root, form]);
      await orders?.hung();
      child.kill('SIGINT');
      const { stdout, stderr, signal } = await ended;
      expect({ stderr, signal }).toStrictEqual({ stderr: 'backup-run: Interrupted\n', signal: 'SIGINT' });
      // Either no row was there, or what was there is whole.
      if (form === '--json' && stdout !== '') expect(JSON.parse(stdout)).toHaveLength(1);
      expect(stdout).toMatch(/^$|\n$/);
    },
  );

  it.skipIf(skipped)('says how far it came with one run', { timeout }, async () => {
    const root = await hangingDisk(HANG);
    const { child, ended } = await start(['show', '--root', root, RUN_ID]);
    await orders?.hung();
    child.kill('SIGINT');
    const { stdout, stderr, signal } = await ended;
    expect({ stdout, signal }).toStrictEqual({ stdout: '', signal: 'SIGINT' });
    expect(stderr).toMatch(/^backup-run: Interrupted: [^\n]* looked at; there is no verdict\n$/);
  });

  it('does so while it waits for run ids', { timeout }, async () => {
    const { root } = makeRun();
    const { child, ended, says } = await start(['verify', '-', '--root', root], { input: null });
    child.stdin?.write(`${RUN_ID}\n`);
    await says('stdout', /restorable/);
    child.kill('SIGINT');
    const { stdout, signal } = await ended;
    expect(signal).toBe('SIGINT');
    expect(stdout).toMatch(/\nInterrupted: 1 run: 1 restorable; [^\n]*\n$/);
  });

  it('says so while it waits for the one run id', { timeout }, async () => {
    const { child, ended } = await start(['show', '-', '--root', '/nowhere'], { input: null });
    // It handles signals as soon as it has read its input.
    const pending = '\n'.repeat(1_000_000);
    await new Promise((resolve) => child.stdin?.write(pending, resolve));
    child.kill('SIGINT');
    const { stdout, stderr, signal } = await ended;
    expect({ stdout, signal }).toStrictEqual({ stdout: '', signal: 'SIGINT' });
    expect(stderr).toBe('backup-run: Interrupted: nothing was looked at; there is no verdict\n');
  });

  it('dies at once when it is told so again, whoever does not read what it writes', { timeout }, async () => {
    const words = [await program(), 'show', '--json', '--root', hugeRun(), RUN_ID];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const exit = once(child, 'exit');
    // The pipe is full, and stays so.
    await once(child.stdout, 'readable');
    // Two signals of one kind could arrive as one.
    child.kill('SIGINT');
    child.kill('SIGTERM');
    const [code, signal] = (await exit) as [number | null, string | null];
    expect(code).toBeNull();
    expect(['SIGINT', 'SIGTERM']).toContain(signal);
  });

  it.skipIf(skipped)('reads as 130 in a shell', { timeout }, async () => {
    const root = await hangingDisk(HANG);
    const command = `"$@" & child=$!; kill -s 0 $child; read line; kill -INT $child; wait $child; echo "code $?"`;
    const words = [process.execPath, await program(), 'show', '--root', root, RUN_ID];
    // A shell lets those in its background ignore SIGINT unless it minds its jobs.
    const { child, ended } = attend('bash', ['-mc', command, 'bash', ...words], { input: null });
    await orders?.hung();
    child.stdin?.end('now\n');
    expect((await ended).stdout).toBe('code 130\n');
  });
});

describe('backup-run as the first process of a container', () => {
  const lacking = lacks('the first process', 'linux', 'root', 'a process namespace (unshare -p)');
  it.skipIf(lacking).each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends with the code of %s', { timeout }, async (signal, expected) => {
    const { root } = makeRun();
    const words = ['-pf', process.execPath, await program(), 'verify', '-', '--root', root];
    const { child, ended, says } = attend('unshare', words, { input: null });
    child.stdin?.write(`${RUN_ID}\n`);
    await says('stdout', /restorable/);
    const [first] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
    process.kill(Number(first), signal);
    const { stdout, code } = await ended;
    expect(stdout).toMatch(/\nInterrupted: 1 run: 1 restorable; [^\n]*\n$/);
    expect(code).toBe(expected);
  });
});

describe('backup-run, when storage holds one of its threads,', () => {
  it.skipIf(skipped)('tells everything, and ends', { timeout }, async () => {
    const root = await hangingDisk(HANG);
    const { stdout, ...end } = await run(['show', '--root', root, '--time-budget', '1s', RUN_ID]);
    expect(stdout).toMatch(/\nNot verified: [^\n]*\n$/);
    // Nothing but this ends a process whose thread the kernel holds.
    expect(end).toStrictEqual({ stderr: '', code: null, signal: 'SIGKILL' });
  });
});

/** A run whose answer takes more than 4 MB of JSON, and no file. */
function hugeRun(): string {
  const missing = { size_bytes: 1, sha256: 'a'.repeat(64), integrity_ok: true, validation_ok: true };
  const names = Array.from({ length: 6_000 }, (_, index) => `${'x'.repeat(200)}-${index}`);
  const artifacts = names.map((name) => ({ logical_name: name, path: name, ...missing }));
  return makeRun({ artifacts: {}, trades: { artifacts } }).root;
}

describe('backup-run, when nobody reads what it writes,', () => {
  it.each([
    ['list', 'true'],
    ['list --ndjson', 'true'],
    ['verify --all', 'true'],
    [`show --json ${RUN_ID}`, 'head -c 1'],
    ['--help', 'true'],
  ])('is silent: %s | %s', { timeout }, async (typed, reader) => {
    const root = typed.startsWith('show') ? hugeRun() : makeRun().root;
    const words = [process.execPath, await program(), ...typed.split(' ')];
    const command = `"$@" | ${reader} >/dev/null; echo "\${PIPESTATUS[0]}"`;
    const environment = { BACKUP_ROOT: root };
    const { stdout, stderr } = await attend('bash', ['-c', command, 'bash', ...words], { environment }).ended;
    expect(stderr).toBe('');
    // What came of it, or that it was not inspected.
    expect(stdout).toMatch(typed.startsWith('show') ? /^1\n$/ : /^[04]\n$/);
  });

  it('goes on where it is only standard error', { timeout }, async () => {
    const words = [process.execPath, await program(), 'verify', 'no-such-run', RUN_ID];
    const command = `{ "$@" 2>&3 | cat; } 3> >(exec 3>&- <&-); echo "\${PIPESTATUS[0]}"`;
    const environment = { BACKUP_ROOT: makeRun().root };
    const { stdout } = await attend('bash', ['-c', command, 'bash', ...words], { environment }).ended;
    expect(stdout).toMatch(/^restorable .*\n1? ?.*restorable.*\n/);
  });
});

describe('backup-run, whatever stands at the other end,', () => {
  it(
    'never cuts off what it writes: more than 4 MB through a pipe that is read slowly',
    { timeout },
    async () => {
      const words = [process.execPath, await program(), 'show', '--json', '--root', hugeRun(), RUN_ID];
      // It begins to read when the pipe has been full for long, and reads little at a time.
      const command = `"$@" | { dd bs=1 count=1 status=none; dd bs=512 status=none; }; exit "\${PIPESTATUS[0]}"`;
      const { stdout, code } = await attend('bash', ['-c', command, 'bash', ...words]).ended;
      expect(stdout.length).toBeGreaterThan(4_000_000);
      const answer = JSON.parse(stdout) as { findings: unknown[] };
      expect(answer.findings).toHaveLength(6_000);
      expect(code).toBe(1);
    },
  );

  it('says that a file did not take all of it', { timeout }, async () => {
    const out = join(temporaryDirectory(), 'out');
    const words = [process.execPath, await program(), 'show', '--json', '--root', hugeRun(), RUN_ID];
    // In blocks of 1,024 bytes; no multiple of what is written at once.
    const command = `out=$1; shift; ulimit -f 1023; "$@" >"$out"`;
    const { stderr, code } = await attend('bash', ['-c', command, 'bash', out, ...words]).ended;
    expect({ stderr, code }).toStrictEqual({
      stderr: 'backup-run: Cannot write the output: EFBIG\n',
      code: 4,
    });
    expect(statSync(out).size).toBe(1_023 * 1_024);
  });

  it('writes all of it to a file', { timeout }, async () => {
    const out = join(temporaryDirectory(), 'out');
    const words = [process.execPath, await program(), 'show', '--json', '--root', hugeRun(), RUN_ID];
    await attend('bash', ['-c', `out=$1; shift; "$@" >"$out"`, 'bash', out, ...words]).ended;
    const answer = JSON.parse(readFileSync(out, 'utf8')) as { findings: unknown[] };
    expect(answer.findings).toHaveLength(6_000);
  });

  it.skipIf(!existsSync('/dev/full'))('says that it could not write', { timeout }, async () => {
    const words = [process.execPath, await program(), 'list', '--root', makeRun().root];
    const { stderr, code } = await attend('bash', ['-c', '"$@" >/dev/full', 'bash', ...words]).ended;
    expect({ stderr, code }).toStrictEqual({
      stderr: 'backup-run: Cannot write the output: ENOSPC\n',
      code: 4,
    });
  });
});
