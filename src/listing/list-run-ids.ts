/** Lists the ids of runs without reading a manifest. */

import TinyQueue from 'tinyqueue';
import { createYield, forEachInSlices } from '../concurrency/cooperative.ts';
import type { Shared } from '../inspect/run-context.ts';
import type { NamedRun } from '../manifest/read-row.ts';
import type { ListedRunId, UnreadableRun } from '../model/answer.ts';
import type { Step } from './list-runs.ts';
import { findNamedRuns } from './named-runs.ts';
import { byIdDescending } from './order.ts';

/** A run, or what looks like one but for its name. */
interface Named extends NamedRun {
  readonly unreadable: UnreadableRun | null;
}

/** Lists run ids, descending; what could not be listed at all comes first. */
export async function* listRunIds(shared: Shared, step: Step): AsyncGenerator<ListedRunId, void, void> {
  const { runs, misnamed, unlistable } = await step((canceller) => findNamedRuns(shared, canceller));
  const left = new TinyQueue<Named>([], byIdDescending);
  for (const each of misnamed)
    left.push({ ...each, unreadable: each.row?.row.ok === false ? each.row.row : null });
  await forEachInSlices(runs, ([runId, directories]) => left.push({ runId, directories, unreadable: null }));
  yield* unlistable;
  const yieldIfDue = createYield();
  for (let named = left.pop(); named !== undefined; named = left.pop()) {
    await yieldIfDue();
    // A closed inspector and an aborted signal end it.
    await step(() => Promise.resolve());
    const { runId, directories, unreadable } = named;
    yield unreadable ?? { ok: true, run_id: runId, directories: [...directories] };
  }
}
