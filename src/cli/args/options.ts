/** Every subcommand and every option, spelled here and nowhere else. */

/** What can be asked. */
export const SUBCOMMANDS = ['show', 'list', 'verify', 'completion'] as const;

export type Subcommand = (typeof SUBCOMMANDS)[number];

/** Shells that have a completion script. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** Answers the completion scripts: no person types it, and no help names it. */
export const COMPLETE = '__complete';

/** One option. */
export interface Option {
  /** What its value is, for help; null for a switch. */
  readonly value: string | null;
  readonly about: string;
  /** The subcommands it goes with. */
  readonly of: readonly Subcommand[];
  /** May stand more than once. */
  readonly isRepeatable?: true;
}

const RUNS = ['show', 'list', 'verify'] as const;
const READING = ['show', 'verify'] as const;
const LIST = ['list'] as const;

export const OPTIONS = {
  root: { value: 'DIR', about: 'the backups directory; else BACKUP_ROOT, else ./backups', of: RUNS },
  level: {
    value: 'LEVEL',
    about: 'digest (as without) hashes, size compares kind and size, none opens nothing',
    of: READING,
  },
  json: { value: null, about: "the library's own objects as JSON", of: RUNS },
  ndjson: { value: null, about: 'the same, one a line, as they come', of: ['list', 'verify'] },
  threads: { value: 'N', about: 'threads that hash; 0 hashes on the main thread', of: READING },
  'max-rate': { value: 'RATE', about: 'bytes to read in a second, such as 200MB', of: READING },
  'time-budget': { value: 'TIME', about: 'stop hashing after a time such as 30s, for each run', of: READING },
  validate: {
    value: null,
    about: 'look also at the content of SQLite, gzip, zstd, tar and JSON files',
    of: READING,
  },
  all: { value: null, about: 'every run of the root, newest first', of: ['verify'] },
  latest: { value: null, about: 'the newest run of the root', of: ['verify'] },
  status: { value: 'STATUS', about: 'only runs that stand so', of: LIST, isRepeatable: true },
  type: { value: 'TYPE', about: 'only full, or only scoped runs', of: LIST, isRepeatable: true },
  trigger: { value: 'TRIGGER', about: 'only runs that were started so', of: LIST, isRepeatable: true },
  from: { value: 'TIME', about: 'only runs that started then or later', of: LIST },
  to: { value: 'TIME', about: 'only runs that started then or earlier', of: LIST },
  limit: { value: 'N', about: 'at most so many', of: LIST },
  quiet: { value: null, about: 'no progress on stderr', of: RUNS },
  utc: { value: null, about: 'times in UTC', of: RUNS },
  'no-color': { value: null, about: 'no colours', of: RUNS },
  help: { value: null, about: 'this text', of: SUBCOMMANDS },
  version: { value: null, about: 'the version', of: SUBCOMMANDS },
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof OPTIONS;

export const OPTION_NAMES = Object.keys(OPTIONS).filter(isOptionName);

export function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}

export function isSubcommand(name: string): name is Subcommand {
  return SUBCOMMANDS.some((each) => each === name);
}

export function optionOf(name: OptionName): Option {
  return OPTIONS[name];
}

/** The options of a subcommand, in the order of help. */
export function optionsOf(subcommand: Subcommand): OptionName[] {
  return OPTION_NAMES.filter((name) => optionOf(name).of.includes(subcommand));
}
