/** Measures what is claimed, and searches the run directory meanwhile for what nobody claims. */

import { createCanceller, endWork, throwIfCancelled } from '../concurrency/abort.ts';
import type { HeldRun } from '../jobs/disk.ts';
import type { Claim } from '../manifest/claims.ts';
import type { FoundUnlisted } from '../repository/unlisted.ts';
import { measure } from '../verify/measure.ts';
import type { Measurements } from '../verify/measurement.ts';
import { noteOtherForms } from '../verify/other-forms.ts';
import { artifactAccessOf, type RunContext } from './run-context.ts';
import { unlessOutOfTime } from './time-budget.ts';
import { NOTHING_UNLISTED } from './unlisted-findings.ts';

/** What was measured, and what nobody claims; that is null when there was no time to find it all. */
interface MeasuredAndFound {
  readonly measured: Measurements;
  readonly unlisted: FoundUnlisted | null;
}

export async function measureAndSearch(
  claims: readonly Claim[],
  loaded: HeldRun,
  context: RunContext,
): Promise<MeasuredAndFound> {
  const { call, shared, reads, timed, cancellation } = context;
  const isRunning = loaded.status.status === 'running';
  const searching = createCanceller();
  const unlisten = timed.onCancel(searching.cancel);
  const paths = [...new Set(claims.flatMap(({ path }) => (path === '' ? [] : path)))];
  const request = { claimed: paths.join('\0'), most: shared.limits.findings };
  const search = async (starts: readonly string[]): Promise<FoundUnlisted | null> =>
    isRunning || starts.length === 0
      ? NOTHING_UNLISTED
      : unlessOutOfTime(shared.disk.search(loaded.run, { ...request, starts }, searching));
  // What is not looked at may be a directory, which holds what nobody claims.
  const first = search(call.level === 'none' ? ['', ...paths] : ['']).catch(endWork(timed));
  // It may fail while what goes on beside it has not ended: that is reported when it has.
  first.catch(() => undefined);
  try {
    const measured = await measure(claims, {
      ...artifactAccessOf(loaded, context),
      revision: loaded.revision,
      cancellation: timed,
      level: call.level,
      reads,
      memo: isRunning ? null : shared.memo,
    });
    const found = await first;
    const inside = await search(call.level === 'none' ? [] : directoriesAmong(measured));
    const unlisted = found && inside && joinFound(found, inside);
    return { measured: await noteOtherForms(measured, unlisted?.otherForms ?? []), unlisted };
  } catch (reason) {
    // Without an answer nothing is looked for any more, and nothing may be held.
    searching.cancel(reason);
    await first.catch(() => undefined);
    throwIfCancelled(cancellation);
    throw reason;
  } finally {
    unlisten();
  }
}

/** Claimed paths at which a directory stands. */
function directoriesAmong(measured: Measurements): string[] {
  const found: string[] = [];
  for (const [path, each] of measured)
    if (each.type === 'not-regular' && each.kind === 'directory') found.push(path);
  return found;
}

function joinFound(a: FoundUnlisted, b: FoundUnlisted): FoundUnlisted {
  return {
    paths: [...a.paths, ...b.paths],
    total: a.total + b.total,
    unlistable: [...a.unlistable, ...b.unlistable],
    unlistableTotal: a.unlistableTotal + b.unlistableTotal,
    otherForms: [...a.otherForms, ...b.otherForms],
  };
}
