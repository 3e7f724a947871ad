/** Starts the process that checks one database, feeds it, and ends it in bounded time, whatever it does. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { parse } from 'node:path';
import { waitForGrace } from '../../concurrency/grace.ts';
import type { Verdict } from '../../content/validator.ts';
import { PROGRAM_SOURCE } from './program-source.generated.ts';
import { isReport, faultName, REMOVED, skipped, type DatabaseTask, type CheckRequest } from './protocol.ts';

/** Makes a program of the first message, so that no list of processes shows it and no length of a command line is in its way. */
const BOOT = 'process.once("message",(given)=>Function("given",given.source)(given))';

/** Megabytes of what is no database. */
const NODE_FLAGS = ['--max-old-space-size=64', '-e', BOOT];

/** A process that checks a database. */
export interface Check {
  /** Resolves when it takes more: to false when it has said its last, and takes nothing. */
  write(bytes: Uint8Array): Promise<boolean>;
  readonly verdict: Promise<Verdict>;
  /** Ends it: soon, so that it removes its private copy, or with SIGKILL. */
  end(): Promise<void>;
}

/** What a check is started with. */
export interface CheckSettings {
  /** Path of Node.js. */
  readonly node: string;
  /** Absolute path of the directory for private copies. */
  readonly directory: string;
  readonly task: DatabaseTask;
  /** Is called when everything has arrived, and SQLite begins. */
  readonly onCopied: () => void;
}

/** Never throws: where no process can be had, that is the verdict. */
export function startCheck({ node, directory, task, onCopied }: CheckSettings): Check {
  let wake: (() => void) | null = null;
  let isOver = false;
  let resolveVerdict: ((verdict: Verdict) => void) | null = null;
  const verdict = new Promise<Verdict>((resolve) => {
    resolveVerdict = resolve;
  });

  function settle(its: Verdict): void {
    isOver = true;
    resolveVerdict?.(its);
    wake?.();
  }

  const child = start(node, { source: PROGRAM_SOURCE, directory, task }, (fault) =>
    settle(skipped(`no process can be started for it (${faultName(fault)})`)),
  );
  child?.on('message', (message: unknown) => {
    if (!isReport(message)) return;
    if (message.type === 'copied') return onCopied();
    settle(message.verdict);
  });
  // Behind all that it has said, unless this end was the first to hang up.
  child?.once('close', () => settle(skipped(`its process ended (${howEnded(child)})`)));

  return {
    verdict,
    write: (bytes) =>
      new Promise((resolve) => {
        const done = (): void => resolve(!isOver);
        if (isOver || !child?.stdin) return done();
        wake = done;
        child.stdin.write(bytes, done);
      }),
    async end() {
      isOver = true;
      await endChild(child);
      // Where it was killed, or crashed: but not where it cannot even die, on storage that hangs.
      if (child !== null && mayHaveLeft(child)) await sweepOnce(node, directory);
    },
  };
}

/** The program of this process on Linux, also when an upgrade has put another in its place, or none. */
const RUNNING = '/proc/self/exe';

/** Null where none may be started. */
function start(node: string, order: CheckRequest, onFault: (fault: unknown) => void): ChildProcess | null {
  try {
    let child = spawnOne(node);
    if (child.pid === undefined) {
      child.on('error', () => undefined);
      child = spawnOne(RUNNING);
    }
    child.on('error', onFault);
    // It may end before it has read everything.
    child.stdin?.on('error', () => undefined);
    if (child.pid !== undefined) child.send(order, () => undefined);
    return child;
  } catch (fault) {
    onFault(fault);
    return null;
  }
}

function spawnOne(node: string): ChildProcess {
  return spawn(node, NODE_FLAGS, {
    // Nothing of what the host is told to do, and nowhere where something may hang.
    env: {},
    cwd: parse(node).root,
    stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
    windowsHide: true,
  });
}

function howEnded({ signalCode, exitCode }: ChildProcess): string {
  return signalCode ?? `exit code ${exitCode}`;
}

/** What does not end even so, for it hangs in the kernel, keeps no host alive. */
async function endChild(child: ChildProcess | null): Promise<void> {
  if (child === null) return;
  const exited = exiting(child);
  child.stdin?.destroy();
  if (child.connected) child.disconnect();
  await waitForGrace(exited);
  if (isGone(child)) return;
  child.kill('SIGKILL');
  await waitForGrace(exited);
  child.unref();
}

function isGone({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}

/** One that removed its copy ends itself with the signal that says so. */
function mayHaveLeft({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && (exitCode !== null || (signalCode !== null && signalCode !== REMOVED));
}

async function exiting(child: ChildProcess): Promise<void> {
  if (!isGone(child)) await once(child, 'exit');
}

/** Removes what processes left behind that are no more: soon, or when this one is no more either; nobody waits for it for long. */
async function sweepOnce(node: string, directory: string): Promise<void> {
  const child = start(node, { source: PROGRAM_SOURCE, directory, task: null }, () => undefined);
  if (child === null) return;
  child.stdin?.destroy();
  child.unref();
  child.channel?.unref();
  await waitForGrace(exiting(child));
}
