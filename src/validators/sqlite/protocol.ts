/** What the process that checks a database is started with, and what it answers. */

import { isNativeError } from 'node:util/types';
import type { Verdict } from '../../content/validator.ts';

/** One check. The process gets it with its first message. */
export interface DatabaseTask {
  /** Absolute path of the backups directory, in which nothing may be written. */
  readonly root: string;
  /** Bytes that the copies may come to need. */
  readonly space: number;
  /** Bytes of the database. */
  readonly size: number;
  /** The module to check it with. */
  readonly engine: string;
  /** Milliseconds that the check may take, copying apart. */
  readonly timeoutMs: number;
}

/** A request to the process: its program, and what to do. Without a task it only sweeps the directory. */
export interface CheckRequest {
  readonly source: string;
  /** Absolute path of the directory for private copies. */
  readonly directory: string;
  readonly task: DatabaseTask | null;
}

/** `copied`: all bytes have arrived, and the check begins. Behind a verdict there comes nothing more. */
export type Report = { readonly type: 'copied' } | { readonly type: 'verdict'; readonly verdict: Verdict };

/** The signal that the process ends itself with when nothing is left of its private copy. */
export const REMOVED = 'SIGTERM';

/** Whether a message is one: it comes from another process. */
export function isReport(message: unknown): message is Report {
  if (typeof message !== 'object' || message === null || !('type' in message)) return false;
  if (message.type === 'copied') return true;
  return message.type === 'verdict' && 'verdict' in message && isVerdict(message.verdict);
}

function isVerdict(value: unknown): value is Verdict {
  if (typeof value !== 'object' || value === null) return false;
  if ('why' in value) return typeof value.why === 'string';
  return 'ok' in value && (value.ok === true || ('reason' in value && typeof value.reason === 'string'));
}

export function skipped(why: string): Verdict {
  return { skipped: true, why };
}

/** A fault by its code, or by its name: what it says may hold paths of this host. */
export function faultName(fault: unknown): string {
  if (!isNativeError(fault)) return 'no error';
  return 'code' in fault && typeof fault.code === 'string' ? fault.code : fault.name;
}
