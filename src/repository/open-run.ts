/** Where a run directory is comes in, a hold of one's own on it goes out, or the news that it is not there any more. */

import { anchoredAt } from '../../store/anchored.ts';
import type { Plan } from '../../store/calls.ts';
import { Churned, errnoOf } from '../../store/errno.ts';
import { namedRoot } from '../../store/named.ts';
import type { Pin } from '../../store/pin.ts';
import type { RunAddress } from '../../store/resolve.ts';

/** What is said of a descriptor that is closed, or of a path that leads nowhere any more. */
const LET_GO: readonly (string | null)[] = ['EBADF', 'ENOENT', 'ENOTDIR'];

/**
 * Pins the run directory of an address. Whoever gave the address may have let go of it meanwhile, and its descriptor may be
 * another's by now: then it throws `Churned`.
 */
export function* reachRun(address: RunAddress): Plan<Pin> {
  const run = yield* pinAddress(address);
  if (run.stats.dev === address.dev && run.stats.ino === address.ino) return run;
  yield* run.release();
  throw new Churned();
}

function* pinAddress({ fd, root, directory, runId }: RunAddress): Plan<Pin> {
  try {
    if (fd !== null) return yield* anchoredAt(fd);
    const status = yield* (yield* namedRoot(root)).directory(directory);
    return yield* status.entry(runId);
  } catch (fault) {
    throw LET_GO.includes(errnoOf(fault)) ? new Churned() : fault;
  }
}
