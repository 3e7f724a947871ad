/** Prints rows of a listing as they come: as a table with a line of totals, as one JSON array, or as JSON lines. */

import type { ListedRun } from '../../index.ts';
import type { Arguments } from '../args/arguments.ts';
import type { CliContext } from '../context.ts';
import { complainOf } from '../output/complain.ts';
import { viewOf, type Form } from '../output/form.ts';
import { createArrayWriter, toJson } from '../output/json.ts';
import { createRunTable, type RunTable } from '../output/render-list.ts';
import { createTotals } from '../output/render-totals.ts';
import { rootOf } from './library.ts';
import { complainOfNoRun } from './root.ts';

/** Prints rows. */
export interface RowWriter {
  /** Prints a row, or keeps it until it is known how wide the table is. */
  add(row: ListedRun): Promise<void>;
  /** @param isAll - whether these were all rows there are. */
  end(isAll: boolean): Promise<void>;
}

export function createRowWriter(form: Form, args: Arguments, context: CliContext): RowWriter {
  return form === 'text' ? createTableWriter(args, context) : createJsonWriter(form, args, context);
}

function createJsonWriter(form: Form, args: Arguments, context: CliContext): RowWriter {
  const { out } = context;
  const array = form === 'json' ? createArrayWriter(out) : null;
  let hasRoot = true;
  return {
    async add(row) {
      // What could not be listed has been complained of already.
      if (!row.ok && row.run_id !== '') await complainOf(context, row.error, rootOf(args, context));
      // Of a root that cannot be listed there are no data.
      if (isOfRoot(row)) hasRoot = false;
      else await (array === null ? out.print(`${toJson(row)}\n`) : array.add(row));
    },
    end: async (isAll) => array?.end(isAll && hasRoot),
  };
}

/** Whether the root itself could not be listed; a status directory has the root's name before its own. */
function isOfRoot(row: ListedRun): boolean {
  return !row.ok && row.run_id === '' && !row.path.includes('/');
}

/** Rows that are read before the first is printed: they decide how wide the columns are. */
const FIRST = 500;

function createTableWriter(args: Arguments, context: CliContext): RowWriter {
  const { out } = context;
  const held: ListedRun[] = [];
  const totals = createTotals();
  let table: RunTable | null = null;
  let hasFaults = false;

  async function begin(isAll: boolean): Promise<void> {
    table = createRunTable(held, isAll, viewOf(args, context));
    await out.print(`${[table.head(), ...held.map(table.row)].join('\n')}\n`);
  }

  return {
    async add(row) {
      // A directory that could not be listed is no row of the table.
      if (!row.ok && row.run_id === '') {
        hasFaults = true;
        return;
      }
      totals.add(row);
      if (table !== null) return out.print(`${table.row(row)}\n`);
      held.push(row);
      if (held.length === FIRST) await begin(false);
    },
    async end(isAll) {
      if (table === null && held.length > 0) await begin(isAll);
      if (!isAll) return;
      if (!totals.isEmpty()) await out.print(`${totals.render(!hasFaults, viewOf(args, context))}\n`);
      else if (!hasFaults) await complainOfNoRun(args, context);
    },
  };
}
