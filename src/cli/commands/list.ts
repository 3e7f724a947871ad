/** `backup-run list`: the runs of a root that pass the filters, newest first. */

import type { ListedRun, RunFilter } from '../../index.ts';
import { RUN_STATUSES, RUN_TRIGGERS, RUN_TYPES } from '../../model.ts';
import { optionText, type Arguments, refuseWords } from '../args/arguments.ts';
import type { RunOutcome, RunOutcomes } from '../output/exit-code.ts';
import { createArrayWriter, toJson } from '../output/json.ts';
import { inspectorOptionsOf, rootOf, withInspector } from './library.ts';
import { createRunTable, type RunTable } from '../output/render-list.ts';
import type { CliContext } from '../context.ts';
import { parseTime } from '../args/times.ts';
import { parseLimit, parseWords } from '../args/values.ts';
import { complain, complainOf } from '../output/complain.ts';
import { complainOfStop } from './interruption.ts';
import { formOf, viewOf, type Form } from '../output/form.ts';

/** Lists runs. */
export async function listCommand(args: Arguments, context: CliContext): Promise<RunOutcomes> {
  refuseWords(args);
  const form = formOf(args);
  const filter = runFilterOf(args);
  const writer = writerOf(form, args, context);
  const options = await inspectorOptionsOf(args, context);
  return withInspector(options, context, async (inspector) => {
    const { signal } = context;
    const outcomes = new Set<RunOutcome>();
    try {
      for await (const row of inspector.listBackupRuns({ ...filter, signal })) {
        if (!row.ok) outcomes.add('not inspected');
        await writer.add(row);
      }
      await writer.end(true);
    } catch (reason) {
      outcomes.add(await complainOfStop(reason, context));
      await writer.end(false);
    }
    return outcomes;
  });
}

function runFilterOf(args: Arguments): RunFilter {
  const isUtc = args.texts.has('utc');
  const [from, to, limit] = [optionText(args, 'from'), optionText(args, 'to'), optionText(args, 'limit')];
  const words = <Word extends string>(name: 'status' | 'type' | 'trigger', known: readonly Word[]) => {
    const texts = args.texts.get(name);
    return texts === undefined ? undefined : parseWords(texts, `--${name}`, known);
  };
  const [status, type, trigger] = [
    words('status', RUN_STATUSES),
    words('type', RUN_TYPES),
    words('trigger', RUN_TRIGGERS),
  ];
  return {
    ...(status !== undefined && { status }),
    ...(type !== undefined && { type }),
    ...(trigger !== undefined && { trigger }),
    ...(from !== undefined && { startedFrom: parseTime(from, '--from', 'first', isUtc) }),
    ...(to !== undefined && { startedTo: parseTime(to, '--to', 'last', isUtc) }),
    ...(limit !== undefined && { limit: parseLimit(limit, '--limit') }),
  };
}

/** Prints rows as they come. */
interface RowWriter {
  add(row: ListedRun): Promise<void>;
  /** @param isAll - whether these were all rows there are. */
  end(isAll: boolean): Promise<void>;
}

function writerOf(form: Form, args: Arguments, context: CliContext): RowWriter {
  const { out } = context;
  if (form === 'text') return createTableWriter(args, context);
  const array = form === 'json' ? createArrayWriter(out) : null;
  let hasRoot = true;
  return {
    async add(row) {
      if (!row.ok) await complainOf(context, row.error, rootOf(args, context));
      // Of a root that cannot be listed there are no data.
      if (isRoot(row)) hasRoot = false;
      else await (array === null ? out.print(`${toJson(row)}\n`) : array.add(row));
    },
    end: async (isAll) => array?.end(isAll && hasRoot),
  };
}

/** Whether it says that the root could not be listed; a status directory has the root's name before its own. */
function isRoot(row: ListedRun): boolean {
  return !row.ok && row.run_id === '' && !row.path.includes('/');
}

/** Rows that are read before the first is printed: they decide how wide the columns are. */
const FIRST = 500;

function createTableWriter(args: Arguments, context: CliContext): RowWriter {
  const { out } = context;
  const held: ListedRun[] = [];
  let listing: RunTable | null = null;
  let hasFaults = false;

  async function begin(isAll: boolean): Promise<RunTable> {
    listing = createRunTable(held, isAll, viewOf(args, context));
    await out.print(`${[listing.head(), ...held.map(listing.row)].join('\n')}\n`);
    return listing;
  }

  return {
    async add(row) {
      // What could not be listed at all is no row of the table.
      if (!row.ok && row.run_id === '') {
        hasFaults = true;
        return complainOf(context, row.error, rootOf(args, context));
      }
      if (listing !== null) return out.print(`${listing.row(row)}\n`);
      held.push(row);
      if (held.length === FIRST) await begin(false);
    },
    async end(isAll) {
      if (listing !== null) return;
      if (held.length > 0) await begin(isAll);
      else if (isAll && !hasFaults) await complain(context, 'There is no such run');
    },
  };
}
