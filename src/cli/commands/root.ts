/** Whether a root is one: an empty one holds status directories, a wrong one does not. */

import { basename, join, resolve } from 'node:path';
import { printable, quote } from '../../model/printable.ts';
import { LOOK_UP_ORDER } from '../../repository/layout.ts';
import type { CliContext } from '../context.ts';
import type { Arguments } from '../args/arguments.ts';
import { hasFilter } from '../args/filter.ts';
import { complain } from '../output/complain.ts';
import { rootOf, withInspector } from './library.ts';

/**
 * Why there are no runs in a root: null where it has a status directory, and is only empty. Asked only where a listing of the
 * root had no row, because it costs a look at every status directory.
 */
export async function faultOfEmptyRoot(
  root: string,
  context: Pick<CliContext, 'signal'>,
): Promise<string | null> {
  if (await holdsStatusDirectory(root, context)) return null;
  const complaint = `Cannot use ${quote(root)} as root: it `;
  if (LOOK_UP_ORDER.some((name) => name === basename(resolve(root))))
    return `${complaint}is a status directory; did you mean --root ${quote(join(root, '..'))}?`;
  const below = join(root, 'backups');
  const hint = (await holdsStatusDirectory(below, context)) ? `; did you mean --root ${quote(below)}?` : '';
  return `${complaint}holds no status directory such as "completed"${hint}`;
}

async function holdsStatusDirectory(root: string, context: Pick<CliContext, 'signal'>): Promise<boolean> {
  for (const name of LOOK_UP_ORDER) {
    if (await leadsToDirectory(join(root, name), context)) return true;
  }
  return false;
}

/** Only the library looks at disks, and never waits for one that hangs: for it, the directory is one more root. */
function leadsToDirectory(path: string, context: Pick<CliContext, 'signal'>): Promise<boolean> {
  const { signal } = context;
  return withInspector({ root: path }, context, async (inspector) => {
    for await (const row of inspector.listBackupRuns({ limit: 1, signal })) {
      const isMissing =
        !row.ok && row.error.code === 'IO_ERROR' && ['ENOENT', 'ENOTDIR'].includes(row.error.errno);
      return !isMissing;
    }
    return true;
  });
}

/** That a root, which is one, holds no run that was asked for. */
export function noRunSentence(args: Arguments, root: string): string {
  return `There is ${hasFilter(args) ? 'no such' : 'no'} backup run in ${root}`;
}

/** Complains that there is no run to list. */
export function complainOfNoRun(args: Arguments, context: CliContext): Promise<void> {
  return complain(context, printable(noRunSentence(args, rootOf(args, context))));
}
