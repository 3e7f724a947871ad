/** Starts the thread of a validation, and speaks with it. */

import { isArrayBuffer } from 'node:util/types';
import { Worker } from 'node:worker_threads';
import { isScanAnswer, type ScanMessage, type ScanReply, type ScanTask } from './protocol.ts';
import { SCAN_WORKER_SOURCE } from './worker-source.generated.ts';

/** A thread that runs. */
export interface ThreadHandle {
  /** Sends it the next chunk, or null; rejects when the thread is no more. Replies come in the order of chunks. */
  send(chunk: Uint8Array | null): Promise<ScanReply>;
  /** Resolves when it is no more. */
  terminate(): Promise<unknown>;
}

/** Starts a thread. Throws when none can be had. */
export function startThread(task: ScanTask): ThreadHandle {
  // What it prints (a warning about an experimental module, say) is no concern of our host's.
  const worker = new Worker(SCAN_WORKER_SOURCE, {
    eval: true,
    execArgv: [],
    env: {},
    workerData: task,
    stdout: true,
    stderr: true,
  });
  worker.stdout.resume();
  worker.stderr.resume();
  const waiting: {
    readonly resolve: (reply: ScanReply) => void;
    readonly reject: (reason: unknown) => void;
  }[] = [];
  let ended: { readonly reason: Error } | null = null;
  const end = (reason: Error): void => {
    ended ??= { reason };
    for (const { reject } of waiting.splice(0)) reject(ended.reason);
  };
  worker.on('message', (message: unknown) => {
    if (isScanAnswer(message)) waiting.shift()?.resolve(message.reply);
  });
  worker.on('error', (fault) => end(new Error(`its thread crashed (${codeOf(fault)})`)));
  worker.on('exit', () => end(new Error('its thread ended by itself')));

  return {
    send(chunk) {
      const reply = new Promise<ScanReply>((resolve, reject) => {
        if (ended !== null) return reject(ended.reason);
        waiting.push({ resolve, reject });
        const message: ScanMessage = { chunk };
        const memory = chunk?.buffer;
        worker.postMessage(message, isArrayBuffer(memory) ? [memory] : []);
      });
      // A verdict may come before this reply is waited for.
      reply.catch(() => undefined);
      return reply;
    },
    terminate() {
      // What stays in a call that nothing can end keeps no process alive.
      worker.unref();
      return worker.terminate();
    },
  };
}

/** What it says may hold paths of this host. */
function codeOf(fault: Error): string {
  return 'code' in fault && typeof fault.code === 'string' ? fault.code : fault.name;
}
