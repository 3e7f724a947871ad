/** Scans a file: a small one here, others by a thread. */

import { publishFallback } from '../../diagnostics.ts';
import { createScanner } from './create-scanner.ts';
import type { ScanReply, ScanTask } from './protocol.ts';
import { startThread, type ThreadHandle } from './handle.ts';
import type { ArtifactFile, ValidationContext, Verdict } from '../../content/validator.ts';

/** Bytes that are scanned on the calling thread, in chunks that take about a millisecond: less than starting a thread costs. */
const SCANNED_HERE = 512 * 1_024;

/** Chunks that a thread has at once: it never waits for the next. */
const AHEAD = 2;

export async function scanArtifact(
  file: ArtifactFile,
  task: ScanTask,
  { signal, alive }: ValidationContext,
): Promise<Verdict> {
  const thread = file.size <= SCANNED_HERE ? null : threadFor(task);
  if (thread === null) return scanHere(file, task);
  const end = (): void => void thread.terminate();
  signal.addEventListener('abort', end, { once: true });
  try {
    return await scanBy(thread, file, alive);
  } finally {
    signal.removeEventListener('abort', end);
    await thread.terminate();
  }
}

function threadFor(task: ScanTask): ThreadHandle | null {
  try {
    return startThread(task);
  } catch (reason) {
    publishFallback(reason);
    return null;
  }
}

async function scanHere(file: ArtifactFile, task: ScanTask): Promise<Verdict> {
  const scanner = createScanner(task);
  for await (const chunk of file.chunks()) {
    const verdict = scanner.push(chunk);
    if (verdict !== null) return verdict;
  }
  return scanner.end();
}

async function scanBy(thread: ThreadHandle, file: ArtifactFile, alive: () => void): Promise<Verdict> {
  const pending: Promise<ScanReply>[] = [];
  const answered = async (): Promise<ScanReply> => {
    const reply = (await pending.shift()) ?? null;
    alive();
    return reply;
  };
  for await (const chunk of file.chunks()) {
    const reply = pending.length < AHEAD ? null : await answered();
    if (reply !== null) return reply;
    pending.push(thread.send(chunk));
  }
  pending.push(thread.send(null));
  for (;;) {
    const reply = await answered();
    if (reply !== null) return reply;
  }
}
