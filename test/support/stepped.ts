/**
 * A hook comes in that is asked before every system call; a disk that so can be raced exactly, without threads and
 * without time passing, goes out. Calls that only give something back are not announced: nothing depends on when
 * they are made.
 */

import { vi } from 'vitest';
import { createCanceller } from '../../src/concurrency/abort.ts';
import { createSemaphore } from '../../src/concurrency/semaphore.ts';
import { inspectRun, type Shared } from '../../src/inspect/inspect-run.ts';
import type { Answer, ListedRun, RunFilter } from '../../src/index.ts';
import { filterSettings } from '../../src/listing/filter.ts';
import { listRuns } from '../../src/listing/list-runs.ts';
import { inspectionSettings, inspectorSettings } from '../../src/inspect/options.ts';
import type { Call, Plan } from '../../src/fs/calls.ts';
import type { Session } from '../../src/store/disk.ts';
import { createRoot, type Root } from '../../src/fs/root.ts';
import { collect } from './listed.ts';
import { createInProcessHasher } from '../../src/jobs/in-process.ts';
import { createSchedule } from '../../src/hashing/rate-limit.ts';
import { shareReads } from '../../src/hashing/shared-reads.ts';

/** Is asked before each call, and told its number, from 0. */
export type Before = (call: number) => void;

export interface Stepping {
  readonly before?: Before;
  /** Is told of every chunk of an artifact that was read. */
  readonly onBytes?: (count: number) => void;
}

/** Performs plans on this thread, one after the other, and counts their calls through. */
export function createDriver(before: Before): <T>(plan: Plan<T>) => T {
  let calls = 0;
  return (plan) => {
    let step = plan.next();
    while (step.done !== true) {
      const call = step.value;
      if (call.kind !== 'release') before(calls++);
      const fault = made(call);
      step = fault === null ? plan.next() : plan.throw(fault.reason);
    }
    return step.value;
  };
}

/** Inspects a run on this thread. */
export async function inspectStepped(root: Root, runId: string, stepping: Stepping = {}): Promise<Answer> {
  const shared = steppedShared(root, stepping);
  return inspectRun({ run_id: runId }, inspectionSettings({}), createCanceller(), shared);
}

/** Lists runs on this thread. */
export async function listStepped(
  root: Root,
  filter: RunFilter = {},
  stepping: Stepping = {},
): Promise<ListedRun[]> {
  const shared = steppedShared(root, stepping);
  return collect(listRuns(filterSettings(filter), shared, (work) => work(createCanceller())));
}

function steppedShared(root: Root, stepping: Stepping): Shared {
  const { before = () => undefined, onBytes = () => undefined } = stepping;
  const drive = createDriver(before);
  const session: Session = {
    perform: async (plan) => drive(plan),
    end: async (plan) => drive(plan),
    drain: () => Promise.resolve(),
  };
  const hasher = createInProcessHasher(null, createSchedule(), session);
  return {
    root,
    limits: inspectorSettings({ root: root.name }).limits,
    gateFor: () => createSemaphore(1),
    disk: { session: () => session },
    hasher,
    sharing: shareReads({
      ...hasher,
      read: (request) =>
        hasher.read({
          ...request,
          onBytes: (index, count) => {
            request.onBytes(index, count);
            onBytes(count);
          },
        }),
    }),
    memo: null,
    contents: { check: ({ judged }) => Promise.resolve(judged) },
  };
}

/** A root by its path, which has already found out how it pins: every inspection makes the same calls. */
export function steppedRoot(path: string): Root {
  const root = createRoot(path);
  const drive = createDriver(() => undefined);
  drive(drive(root.pin()).release());
  return root;
}

function made(call: Call): { readonly reason: unknown } | null {
  const waiting = call.kind === 'wait' ? vi.spyOn(Atomics, 'wait').mockReturnValue('timed-out') : null;
  try {
    call.now();
    return null;
  } catch (reason) {
    return { reason };
  } finally {
    waiting?.mockRestore();
  }
}
