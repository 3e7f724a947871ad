/** Complaints: lines on standard error, each with the name of the program before it. */

import type { BackupRunError } from '../../index.ts';
import { quote } from '../../model/printable.ts';
import type { CliContext } from '../context.ts';

/** Prints what is wrong, as a line of its own. */
export function complain({ err }: Pick<CliContext, 'err'>, sentence: string): Promise<void> {
  return err.print(`backup-run: ${sentence}\n`);
}

/** What a wrong root comes to. */
const ROOT_MATTERS: readonly BackupRunError['code'][] = ['BACKUP_RUN_NOT_FOUND', 'IO_ERROR'];

/** Prints why there is no run, and in which root where that may be the wrong one. */
export function complainOf(
  context: Pick<CliContext, 'err'>,
  error: BackupRunError,
  root: string,
): Promise<void> {
  const where = ROOT_MATTERS.includes(error.code) ? ` (root ${quote(root)})` : '';
  return complain(context, error.message + where);
}
