/** Runs a script of children/, bundled with the library, on a Node of its own, and gives its answer. */

import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { scratch } from './scratch.ts';

const CHILDREN = fileURLToPath(new URL('children/', import.meta.url));
const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

let building: Promise<string> | null = null;

/** The directory of the bundled scripts; fast-glob, which is not bundled, is found beside them. */
export function built(): Promise<string> {
  building ??= bundle();
  return building;
}

async function bundle(): Promise<string> {
  const outdir = join(scratch(), 'built');
  mkdirSync(outdir);
  symlinkSync(MODULES, join(outdir, 'node_modules'), 'junction');
  await build({
    entryPoints: readdirSync(CHILDREN).map((name) => join(CHILDREN, name)),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
    // Dependencies that are CommonJS ask for builtins by `require`.
    banner: { js: "import { createRequire as R } from 'node:module'; const require = R(import.meta.url);" },
  });
  return outdir;
}

export interface ChildOptions {
  /** What to run Node under: a command and its arguments. */
  readonly under?: readonly string[];
  /** Which Node; this one. */
  readonly node?: string;
  readonly nodeFlags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a script, which finds `input` as JSON in its last argument and prints its answer as JSON. */
export async function runChild<T>(script: string, input: unknown, options: ChildOptions = {}): Promise<T> {
  const { under = [], node = process.execPath, nodeFlags = [], environment = {} } = options;
  const path = join(await built(), `${script}.mjs`);
  const started = [node, ...nodeFlags, path, JSON.stringify(input)];
  const [command = '', ...args] = under.concat(started);
  const { stdout } = await promisify(execFile)(command, args, {
    // NODE_OPTIONS of the test runner would reach into what is counted.
    env: { PATH: process.env['PATH'], UV_USE_IO_URING: '0', ...environment },
    maxBuffer: 1 << 28,
    // A guard: what hangs for good is a failure, and not to outlive its test.
    timeout: 280_000,
    killSignal: 'SIGKILL',
  });
  return JSON.parse(stdout) as T;
}
