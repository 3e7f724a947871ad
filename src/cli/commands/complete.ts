/** Answers the completion scripts: candidates for the word at the cursor, one a line. */

import { LEVELS, RUN_STATUSES, RUN_TRIGGERS, RUN_TYPES } from '../../model/run.ts';
import { isRunId } from '../../repository/layout.ts';
import { DIRECTORIES } from './completion.ts';
import { withInspector } from './library.ts';
import {
  isOptionName,
  isSubcommand,
  OPTION_NAMES,
  optionOf,
  optionsOf,
  SHELLS,
  SUBCOMMANDS,
  VALIDATOR_KINDS,
  type OptionName,
  type Subcommand,
} from '../args/options.ts';
import type { CliContext } from '../context.ts';
import type { RunOutcomes } from '../output/exit-code.ts';

/** What completion is about. */
export type Completion =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'run ids'; readonly root: string | null }
  | { readonly kind: 'directories' };

/** Answers a completion script. */
export async function completeCommand(typed: readonly string[], context: CliContext): Promise<RunOutcomes> {
  const words = joinWords(typed);
  const wanted = completionFor(words);
  const current = words.at(-1) ?? '';
  if (wanted.kind === 'directories') await context.out.print(`${DIRECTORIES}\n`);
  const all =
    wanted.kind === 'words'
      ? wanted.words
      : wanted.kind === 'run ids'
        ? await idsOf(wanted.root, context)
        : [];
  const fitting = all.filter((word) => word.startsWith(current));
  if (fitting.length > 0) await context.out.print(`${fitting.join('\n')}\n`);
  return new Set();
}

/** bash makes three words of `--root=DIR`. */
export function joinWords(typed: readonly string[]): string[] {
  const words: string[] = [];
  let isOpen = false;
  for (const word of typed) {
    const last = words.at(-1);
    const joins: boolean = last !== undefined && (isOpen || (word === '=' && last.startsWith('--')));
    if (joins) words[words.length - 1] = last + word;
    else words.push(word);
    isOpen = word === '=' && joins;
  }
  return words;
}

/** What the last of the words is about; nothing is read for it. */
export function completionFor(words: readonly string[]): Completion {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const [, inline] = /^--([a-z-]+)=/.exec(current) ?? [];
  if (inline !== undefined) return valuesOf(inline, `--${inline}=`, current);
  const { subcommand, open, root } = stateAfter(before);
  if (open !== null) return valuesOf(open, '', current);
  if (current.startsWith('-')) return { kind: 'words', words: optionWords(subcommand) };
  if (subcommand === null) return { kind: 'words', words: SUBCOMMANDS };
  if (subcommand === 'help') return { kind: 'words', words: SUBCOMMANDS };
  if (subcommand === 'completion') return { kind: 'words', words: SHELLS };
  return subcommand === 'list' ? { kind: 'words', words: [] } : { kind: 'run ids', root };
}

function optionWords(subcommand: Subcommand | null): string[] {
  return (subcommand === null ? OPTION_NAMES : optionsOf(subcommand)).map((name) => `--${name}`);
}

interface TypedState {
  readonly subcommand: Subcommand | null;
  /** An option whose value comes next. */
  readonly open: OptionName | null;
  readonly root: string | null;
}

function stateAfter(words: readonly string[]): TypedState {
  let state: TypedState = { subcommand: null, open: null, root: null };
  for (const word of words) state = stepped(state, word);
  return state;
}

function stepped(state: TypedState, word: string): TypedState {
  const { subcommand, open, root } = state;
  if (open !== null) return { subcommand, open: null, root: open === 'root' ? word : root };
  const [, name = '', value] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
  if (isOptionName(name)) {
    if (value !== undefined) return { ...state, root: name === 'root' ? value : root };
    return { ...state, open: optionOf(name).value === null ? null : name };
  }
  return subcommand === null && isSubcommand(word) ? { ...state, subcommand: word } : state;
}

const VALUES: Readonly<Partial<Record<OptionName, readonly string[]>>> = {
  level: LEVELS,
  status: RUN_STATUSES,
  type: RUN_TYPES,
  trigger: RUN_TRIGGERS,
  validate: VALIDATOR_KINDS,
};

function valuesOf(name: string, prefix: string, current: string): Completion {
  if (name === 'root') return { kind: 'directories' };
  const values = isOptionName(name) ? (VALUES[name] ?? []) : [];
  // Of several with commas between them, the last one is typed now.
  const begun = prefix + current.slice(prefix.length).replace(/[^,]*$/, '');
  return { kind: 'words', words: values.map((value) => begun + value) };
}

/** Runs that are offered at most: nobody chooses from more. */
const MOST_OFFERED = 1_000;

/** What every shell takes for one word, as it stands. */
const ONE_WORD = /^[\w.+:-]+$/;

/** Milliseconds that a shell is kept waiting at most. */
const SHELL_WAIT_MS = 2_000;

/** The newest run ids of the root; none when it cannot be read, because nobody completing words wants to know why. */
async function idsOf(root: string | null, context: CliContext): Promise<string[]> {
  const { environment } = context;
  const { HOME = '' } = environment;
  const typed = root?.replace(/^~(?=\/|$)/, HOME) ?? environment['BACKUP_ROOT'];
  const ids: string[] = [];
  await withInspector({ root: typed || './backups', threads: 0 }, context, async (inspector) => {
    try {
      const signal = AbortSignal.timeout(SHELL_WAIT_MS);
      for await (const row of inspector.listBackupRuns({ limit: MOST_OFFERED, signal })) {
        const id = row.ok ? row.run.run_id : row.run_id;
        if (ONE_WORD.test(id) && isRunId(id)) ids.push(id);
        // Those that cannot be read do not count in the limit.
        if (ids.length === MOST_OFFERED) break;
      }
    } catch {
      // What was found until now is better than nothing.
    }
    return new Set();
  });
  return ids;
}
