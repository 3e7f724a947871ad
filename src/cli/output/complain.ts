/** Complaints: lines on standard error, each with the name of the program before it. */

import type { BackupRunError } from '../../index.ts';
import { quote } from '../../quote.ts';
import type { CliContext } from '../context.ts';

/** Prints what is wrong, as a line of its own. */
export function complain({ err }: Pick<CliContext, 'err'>, sentence: string): Promise<void> {
  return err.print(`backup-run: ${sentence}\n`);
}

/** Prints why there is no run; where something could not be read, also which root was meant. */
export function complainOf(
  context: Pick<CliContext, 'err'>,
  error: BackupRunError,
  root: string,
): Promise<void> {
  const where = error.code === 'IO_ERROR' ? ` (root ${quote(root)})` : '';
  return complain(context, error.message + where);
}
