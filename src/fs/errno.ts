/** Names the errno behind a fault of a system call, and says what it means here. */

import { constants } from 'node:os';
import { isNativeError } from 'node:util/types';
import { busy, ioError, Refusal } from '../model/errors.ts';

/** Linux numbers that neither libuv nor Node has names for. */
const UNNAMED: Readonly<Record<number, string>> = {
  52: 'EBADE',
  61: 'ENODATA',
  117: 'EUCLEAN',
  121: 'EREMOTEIO',
  123: 'ENOMEDIUM',
  124: 'EMEDIUMTYPE',
  126: 'ENOKEY',
  129: 'EKEYREJECTED',
};

/** Where a number has two names (EAGAIN, EWOULDBLOCK), the first is the one Node says: later entries win in a map. */
const NAMES: ReadonlyMap<number, string> = new Map([
  ...Object.entries(UNNAMED).map(([number, name]) => [Number(number), name] as const),
  ...Object.entries(constants.errno)
    .map(([name, number]) => [number, name] as const)
    .toReversed(),
]);

/** Storage that sent no byte in time. Not an errno of the system, but told like one. */
export class Stalled extends Error {
  readonly milliseconds: number;

  constructor(milliseconds: number) {
    super(`storage did not answer for ${milliseconds} ms`);
    this.name = 'Stalled';
    this.milliseconds = milliseconds;
  }
}

/** A fault known by the name of its errno: an error that comes from another thread keeps no number on its way, nor its class. */
export class NamedFault extends Error {
  /** The name of its errno, or null when it is no fault of a system call. */
  readonly errnoName: string | null;

  constructor(message: string, errnoName: string | null) {
    super(message);
    this.name = 'JobFault';
    this.errnoName = errnoName;
  }
}

/** The fault of a system call that expects a directory and finds something else. */
export function notADirectory(): Error {
  return Object.assign(new Error('not a directory'), { errno: -constants.errno.ENOTDIR });
}

/** What was reached by a path is not, or may not be, what stood there before. Off Linux also honest writers cause it. */
export class PathChanged extends Error {
  constructor() {
    super('the directories on the way changed while they were walked');
    this.name = 'Churned';
  }
}

/**
 * The name of the errno behind a fault, or null when it is no fault of a system call.
 * The number decides: libuv has no code for ESTALE, EUCLEAN or EBADMSG ("Unknown system error -116").
 */
export function errnoOf(fault: unknown): string | null {
  if (fault instanceof Stalled) return 'ETIMEDOUT';
  if (fault instanceof PathChanged) return 'EAGAIN';
  if (fault instanceof NamedFault) return fault.errnoName;
  if (!isNativeError(fault)) return null;
  if (isForbidden(fault)) return 'EACCES';
  if (!('errno' in fault) || typeof fault.errno !== 'number') return null;
  const named = NAMES.get(Math.abs(fault.errno));
  if (named !== undefined) return named;
  return 'code' in fault && typeof fault.code === 'string' && /^E[A-Z0-9]+$/.test(fault.code)
    ? fault.code
    : `errno ${Math.abs(fault.errno)}`;
}

/** Whether the permissions of this process, Node's or Deno's, stand in the way, and will as long as it lives. */
export function isForbidden(fault: unknown): boolean {
  if (!isNativeError(fault)) return false;
  return fault.name === 'NotCapable' || ('code' in fault && fault.code === 'ERR_ACCESS_DENIED');
}

/** Whether the working directory of this process was asked for, and is gone: that says nothing about any file. */
export function isWithoutWorkingDirectory(fault: unknown): boolean {
  return isNativeError(fault) && 'syscall' in fault && fault.syscall === 'uv_cwd';
}

/** A shortage of this process or system, which says nothing about the file: the reason, or null. */
export function shortageOf(fault: unknown): string | null {
  return shortageNamed(errnoOf(fault));
}

/** The same, by the name of an errno. */
export function shortageNamed(errno: string | null): string | null {
  return errno === 'EMFILE' || errno === 'ENFILE' ? `out of file descriptors (${errno})` : null;
}

/** What to throw when a run cannot be inspected because of a fault at a path: a refusal, or the fault if it is none of the disk's. */
export function refusalOf(fault: unknown, path: string): unknown {
  const shortage = shortageOf(fault);
  if (shortage !== null) return new Refusal(busy(shortage));
  const errno = errnoOf(fault);
  return errno === null ? fault : new Refusal(ioError(path, errno));
}

/** How often an interrupted call is made again. */
export const RETRIES = 20;

/** Milliseconds before a call that found a lease in its way is made again. */
export const RETRY_PAUSE = 5;

/** The call may succeed when it is simply made again. */
export function isTransient(fault: unknown): boolean {
  const errno = errnoOf(fault);
  return errno === 'EINTR' || errno === 'EAGAIN';
}
