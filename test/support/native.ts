/** Compiles a C source of native/ with gcc; what it makes is removed with its test file. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratch } from './scratch.ts';

/** Compiles a program, or a library to be preloaded, with packages that pkg-config knows. */
export function compiled(name: string, kind: 'program' | 'library', ...packages: readonly string[]): string {
  const source = fileURLToPath(new URL(`native/${name}.c`, import.meta.url));
  const target = join(scratch(), name);
  const flags = packages.length === 0 ? '' : execFileSync('pkg-config', ['--cflags', '--libs', ...packages]);
  const shared = kind === 'library' ? ['-shared', '-fPIC', '-ldl'] : ['-pthread'];
  const rest = flags.toString().split(/\s/).filter(Boolean);
  execFileSync('gcc', ['-O1', '-Wall', '-Wextra', '-Werror', '-o', target, source, ...shared, ...rest]);
  return target;
}
