/**
 * Where the program of Node.js is. Only where this process is Node.js itself may it be started again: in Electron, in Bun, or in a program
 * that Node.js was compiled into, the same path would start the host a second time.
 */

// Nothing else knows what may be started; it is only looked at.
import host from 'node:process';
import { posix, win32 } from 'node:path';

/** What is asked of a process. */
export interface Host {
  readonly execPath: string;
  readonly versions: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
}

/** How Node.js is called: also `nodejs`, as Debian has it, or `node22`. */
const NODE = /^node(?:js)?(?:-?v?\d+(?:\.\d+)*)?(?:\.exe)?$/i;

/** What else may run this, by its entry in the versions of its process. */
const OTHERS = new Map([
  ['electron', 'Electron'],
  ['bun', 'Bun'],
  ['deno', 'Deno'],
  ['nw', 'NW.js'],
  ['pkg', 'a program that Node.js is part of'],
]);

/** The path of Node.js, or why it is not known. */
export function findNode(its: Host = host): { readonly path: string } | { readonly why: string } {
  const only = 'SQLite works in a process of its own, which only Node.js itself can start';
  const other = [...OTHERS].find(([key]) => its.versions[key] !== undefined || key in its);
  if (other !== undefined) return { why: `${only}: this is ${other[1]}` };
  const { base } = (its.platform === 'win32' ? win32 : posix).parse(its.execPath);
  if (isSingleFile(its) || !NODE.test(base))
    return { why: `${only}: this is a program that Node.js is part of` };
  return { path: its.execPath };
}

/** Whether it is a single executable application (https://nodejs.org/api/single-executable-applications.html). */
function isSingleFile(its: Host): boolean {
  const get: unknown = Reflect.get(its, 'getBuiltinModule');
  const sea: unknown = typeof get === 'function' ? Reflect.apply(get, its, ['node:sea']) : undefined;
  if (typeof sea !== 'object' || sea === null || !('isSea' in sea)) return false;
  return typeof sea.isSea === 'function' && sea.isSea() === true;
}
