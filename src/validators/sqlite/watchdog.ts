/**
 * The main thread of the process that checks a database. It does nothing but watch: it ends the process, and the check in it that nothing
 * else can end, when its time or its memory is over, when the host is done with it, and when the host is no more.
 */

import host from 'node:process';
import { Worker } from 'node:worker_threads';
import type { Verdict } from '../../content/validator.ts';
import { chooseHome, offerToOutOfMemoryKiller, removeCopy } from './private-copy.ts';
import { isReport, faultName, REMOVED, skipped, type CheckRequest, type Report } from './protocol.ts';
import { setInterval, setTimeout } from '../../concurrency/clock.ts';

/** Bytes that the whole process may have in memory. */
const MOST_RESIDENT = 512 * 1_024 * 1_024;
/** Milliseconds between two looks: memory is filled by some gigabytes a second. */
const LOOK = 5;

/** Milliseconds that may pass until all is removed that others left behind. */
const LONGEST_SWEEP = 30_000;

/** What a terminal sends to all of its processes: what becomes of this one is the word of its host. */
const NOT_MEANT: readonly NodeJS.Signals[] = ['SIGINT', 'SIGHUP', 'SIGQUIT'];

/** What the thread is given that does the work. */
export interface Work extends Pick<CheckRequest, 'directory' | 'task'> {
  /** The directory of the private copy, to be made. */
  readonly home: string;
}

export function watch({ source, directory, task }: CheckRequest): void {
  offerToOutOfMemoryKiller();
  const home = chooseHome(directory);
  const work: Work = { directory, task, home };
  const worker = new Worker(source, {
    eval: true,
    execArgv: [],
    workerData: work,
    stdout: true,
    stderr: true,
  });
  let isOver = false;

  /** Reports the last that there is to report; the copy is left to the host when it is more urgent to end. */
  function finish(verdict: Verdict, isUrgent = false): void {
    if (isOver) return;
    isOver = true;
    const signal = isUrgent ? 'SIGKILL' : clearUpCopy(home);
    reportToHost({ type: 'verdict', verdict }, () => dieBySignal(signal));
  }

  const giveUp = (): void => dieBySignal(clearUpCopy(home));
  // To clear up, it needs no host.
  if (task === null) setTimeout(giveUp, LONGEST_SWEEP);
  else host.on('disconnect', giveUp);
  host.on('SIGTERM', giveUp);
  for (const signal of NOT_MEANT) host.on(signal, () => undefined);
  worker.on('message', (message: unknown) => {
    if (!isReport(message)) return;
    if (message.type === 'verdict') return finish(message.verdict);
    const why = `its check took longer than ${task?.timeoutMs ?? 0} ms`;
    setTimeout(() => finish(skipped(why), true), task?.timeoutMs);
    reportToHost(message);
  });
  worker.on('error', (fault) => finish(skipped(`its check crashed (${faultName(fault)})`)));
  worker.on('exit', () => finish(skipped('its check ended by itself')));
  setInterval(() => {
    if (host.memoryUsage.rss() <= MOST_RESIDENT) return;
    finish(skipped(`its check takes more than ${MOST_RESIDENT} bytes of memory`), true);
  }, LOOK);
}

/** The signal to end with. */
function clearUpCopy(home: string): NodeJS.Signals {
  try {
    removeCopy(home);
    return REMOVED;
  } catch {
    return 'SIGKILL';
  }
}

function reportToHost(message: Report, then: () => void = () => undefined): void {
  if (host.connected) host.send?.(message, then);
  else then();
}

/** At once: what is being checked cannot be told to stop. */
function dieBySignal(signal: NodeJS.Signals): void {
  host.removeAllListeners(signal);
  host.kill(host.pid, signal);
}
