/** Lists the participant manifests of a run by their names. */

import type { Io } from '../fs/calls.ts';
import type { Handle } from '../fs/handle.ts';
import { textOf } from '../model/printable.ts';
import { MANIFEST_ENDING, PARTICIPANTS } from './layout.ts';
import { walkTree } from './walk-tree.ts';

/** What could not be listed or looked at. */
export interface Unlistable {
  /** In the form of answers. */
  readonly path: string;
  /** The name of the errno. */
  readonly errno: string;
}

/** The participant manifests of a run. */
export interface ListedParticipants {
  /** What the files are named after, as text whatever their bytes; in no order. */
  readonly names: readonly string[];
  readonly unlistable: readonly Unlistable[];
}

/** Lists them; none when there is no such directory. Names that begin with a dot are those of temporary files, and nobody's record. */
export async function listParticipants(
  run: { readonly handle: Handle; readonly path: string },
  stalled: readonly string[],
  io: Io,
): Promise<ListedParticipants> {
  const unlistable: Unlistable[] = [];
  const pathOf = (path: readonly string[]): string => [run.path, ...path.map(textOfBytes)].join('/');
  const matches = await walkTree(
    {
      below: run.handle,
      within: [PARTICIPANTS],
      pattern: `*${MANIFEST_ENDING}`,
      // What it really is shows when it is read.
      classify: (_, name) => (name.startsWith('.') ? null : 'file'),
      pathOf,
      stalled,
      onUnlistable: (path, errno) => void unlistable.push({ path: pathOf(path), errno }),
    },
    io,
  );
  const names = matches.map((match) => textOfBytes(match.at(-1) ?? '').slice(0, -MANIFEST_ENDING.length));
  return { names, unlistable };
}

/** The text of a name on disk, of which each character stands for a byte. */
export function textOfBytes(name: string): string {
  return textOf(Buffer.from(name, 'latin1'));
}
