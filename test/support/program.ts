/** Runs the built command line through pipes or a terminal: what it prints, and how it ends. */

import { spawn, execFile, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { scratch } from './scratch.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

let building: Promise<string> | null = null;

/** The path of the command line, built as it is shipped, in a package with its dependencies. */
export function program(): Promise<string> {
  building ??= build();
  return building;
}

async function build(): Promise<string> {
  const home = join(scratch(), 'backup-run-inspector');
  mkdirSync(home, { recursive: true });
  const tsup = join(PROJECT, 'node_modules/tsup/dist/cli-default.js');
  const args = [tsup, '--silent', '--no-dts', '--out-dir', join(home, 'dist')];
  await promisify(execFile)(process.execPath, args, { cwd: PROJECT });
  cpSync(join(PROJECT, 'package.json'), join(home, 'package.json'));
  symlinkSync(join(PROJECT, 'node_modules'), join(home, 'node_modules'));
  return join(home, 'dist/cli.js');
}

/** How the program ended. */
export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** What stands on standard input; null leaves it open. */
  readonly input?: string | null;
  /** The working directory. */
  readonly cwd?: string;
}

/** A guard: what hangs is a failure, and not to outlive its test. */
const PATIENCE = 40_000;

function environmentOf({ environment = {} }: RunOptions): Record<string, string | undefined> {
  return { PATH: process.env['PATH'], HOME: scratch(), TZ: 'Europe/Warsaw', TERM: 'xterm', ...environment };
}

/** The program while it runs. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves as soon as what was written to it so far matches; rejects when it ends before. */
  readonly says: (stream: 'stdout' | 'stderr', pattern: RegExp) => Promise<void>;
}

/** Starts the program with pipes at all three streams. */
export async function start(args: readonly string[], options: RunOptions = {}): Promise<Running> {
  return attend(process.execPath, [await program(), ...args], options);
}

/** Starts any command like this. */
export function attend(command: string, args: readonly string[], options: RunOptions = {}): Running {
  const { cwd, input = '' } = options;
  const child = spawn(command, args, {
    cwd,
    env: environmentOf(options),
    timeout: PATIENCE,
    killSignal: 'SIGKILL',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const text = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ ...text, code, signal }));
  });
  // Who does not read its input is not asked to.
  child.stdin.on('error', () => undefined);
  if (input !== null) child.stdin.end(input);
  const says = (stream: 'stdout' | 'stderr', pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!pattern.test(text[stream])) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      void ended.then(() => reject(new Error(`it never said ${pattern}: ${JSON.stringify(text)}`)), reject);
      look();
    });
  return { child, ended, says };
}

/** Runs the program with pipes at all three streams. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { ended } = await start(args, options);
  return ended;
}

export interface TerminalOptions extends RunOptions {
  readonly columns?: number;
  /** Where standard error goes, if not to the terminal too. */
  readonly stderrTo?: string;
  readonly stdoutTo?: string;
}

/** Starts the program in a terminal; what the terminal gets is `stdout`, and a signal is told as 128 and its number. */
export async function startInTerminal(
  args: readonly string[],
  options: TerminalOptions = {},
): Promise<Running> {
  const { columns = 80, stdoutTo, stderrTo } = options;
  const words = [process.execPath, await program(), ...args].map(quoted).join(' ');
  const into = [stdoutTo && `>${quoted(stdoutTo)}`, stderrTo && `2>${quoted(stderrTo)}`]
    .filter(Boolean)
    .join(' ');
  const command = `stty cols ${columns} rows 24 -onlcr; exec ${words} ${into}`;
  return attend('script', ['-qec', command, '/dev/null'], options);
}

export async function runInTerminal(args: readonly string[], options: TerminalOptions = {}): Promise<Ended> {
  const { ended } = await startInTerminal(args, options);
  return ended;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** The version of the package. */
export const VERSION = (
  JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as { version: string }
).version;
