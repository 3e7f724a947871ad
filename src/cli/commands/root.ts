/** Whether a root is one: an empty one holds status directories, a wrong one does not. */

import { basename, join, resolve } from 'node:path';
import { quote } from '../../model/printable.ts';
import { LOOK_UP_ORDER } from '../../repository/layout.ts';
import type { CliContext } from '../context.ts';
import { withInspector } from './library.ts';

/**
 * Why there are no runs in a root: null where it has a status directory, and is only empty. Asked only where a listing of the
 * root had no row, because it costs a look at every status directory.
 */
export async function faultOfEmptyRoot(
  root: string,
  context: Pick<CliContext, 'signal'>,
): Promise<string | null> {
  for (const name of LOOK_UP_ORDER) {
    if (await leadsToDirectory(join(root, name), context)) return null;
  }
  if (LOOK_UP_ORDER.some((name) => name === basename(resolve(root)))) {
    const parent = join(root, '..');
    return `Cannot use ${quote(root)} as root: it is a status directory; did you mean --root ${quote(parent)}?`;
  }
  return `Cannot use ${quote(root)} as root: it holds no status directory such as "completed"`;
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
