/** Every subcommand and every option, spelled here and nowhere else. */

import { RUN_STATUSES, RUN_TRIGGERS, RUN_TYPES } from '../../model/run.ts';

/** What can be asked for. */
export const SUBCOMMANDS = ['show', 'list', 'verify', 'completion', 'help'] as const;

export type Subcommand = (typeof SUBCOMMANDS)[number];

/** Shells that have a completion script. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** Kinds of files that the library can look into. */
export const VALIDATOR_KINDS = ['sqlite', 'gzip', 'zstd', 'tar', 'json'] as const;

/** Answers the completion scripts: no person types it, and no help names it. */
export const COMPLETE = '__complete';

/** One option. */
export interface Option {
  /** What its value is, for help; null for a switch. */
  readonly value: string | null;
  /** What may stand behind `=` of a switch, for help; without, nothing may. */
  readonly inlineValue?: string;
  /** What it does, for help. */
  readonly about: string;
  /** The values it takes, for help; without, every text. */
  readonly values?: string;
  /** What holds without it, for help; without, nothing does. */
  readonly fallback?: string;
  /** The subcommands it goes with. */
  readonly of: readonly Subcommand[];
  /** The letter that stands for it. */
  readonly short?: string;
  /** May stand more than once. */
  readonly isRepeatable?: true;
}

const RUNS = ['show', 'list', 'verify'] as const;
const READING = ['show', 'verify'] as const;
const LISTED = ['list', 'verify'] as const;
const ANY_TIME = 'Unix seconds, or ISO 8601 such as 2026-06-29T12:10:45Z or 2026-06-29';

export const OPTIONS = {
  root: { value: 'DIR', about: 'the backups directory', fallback: 'BACKUP_ROOT, else ./backups', of: RUNS },
  level: {
    value: 'LEVEL',
    about: 'how much of each artifact to verify',
    values: 'digest hashes it, size compares kind and size, none opens nothing',
    fallback: 'digest',
    of: READING,
  },
  json: { value: null, about: "the library's own objects as JSON", of: RUNS },
  ndjson: { value: null, about: 'the same, one a line, as they come', of: LISTED },
  threads: {
    value: 'N',
    about: 'threads that hash; 0 hashes on the main thread',
    values: '0 to 1024',
    fallback: 'one less than there are processors, at most 8',
    of: READING,
  },
  'max-rate': {
    value: 'RATE',
    about: 'bytes to read in a second, of all files together',
    values: 'such as 200MB, in kB MB GB TB KiB MiB GiB TiB',
    fallback: 'as fast as the storage',
    of: READING,
  },
  'time-budget': {
    value: 'TIME',
    about: 'stop hashing after it, for each run; the rest is reported as not verified',
    values: 'such as 30s, in ms s m h d',
    fallback: 'no end',
    of: READING,
  },
  validate: {
    value: null,
    inlineValue: 'KIND',
    about: 'look also at the content of files of these kinds',
    values: VALIDATOR_KINDS.join(', '),
    fallback: 'no content; with --validate alone, all kinds',
    of: READING,
    isRepeatable: true,
  },
  'all-findings': {
    value: null,
    about: 'every finding',
    fallback: 'ten of a kind, and how many more there are',
    of: ['show'],
  },
  all: { value: null, about: 'every run of the root, newest first', of: ['verify'] },
  latest: { value: null, about: 'the newest run that is not running', of: ['verify'] },
  'latest-restorable': {
    value: null,
    about: 'from the newest run on, until one can be restored from',
    of: ['verify'],
  },
  status: {
    value: 'STATUS',
    about: 'only runs with one of these statuses',
    values: RUN_STATUSES.join(', '),
    of: LISTED,
    isRepeatable: true,
  },
  type: {
    value: 'TYPE',
    about: 'only runs of one of these types',
    values: RUN_TYPES.join(', '),
    of: LISTED,
    isRepeatable: true,
  },
  trigger: {
    value: 'TRIGGER',
    about: 'only runs that one of these triggers started',
    values: RUN_TRIGGERS.join(', '),
    of: LISTED,
    isRepeatable: true,
  },
  from: { value: 'TIME', about: 'only runs that started then or later', values: ANY_TIME, of: LISTED },
  to: { value: 'TIME', about: 'only runs that started then or earlier', values: ANY_TIME, of: LISTED },
  limit: {
    value: 'N',
    about: 'at most N runs that can be read',
    values: '1 or more',
    fallback: 'all',
    of: LISTED,
  },
  calendar: {
    value: null,
    about: 'a year of days in place of rows, each with what its runs claim',
    of: ['list'],
  },
  quiet: { value: null, about: 'no progress on standard error', of: RUNS },
  utc: { value: null, about: 'times in UTC', fallback: 'the local zone', of: RUNS },
  'no-color': {
    value: null,
    about: 'no colours',
    fallback: 'as the terminal, NO_COLOR and FORCE_COLOR say',
    of: RUNS,
  },
  help: { value: null, about: 'this text', of: SUBCOMMANDS, short: 'h' },
  version: { value: null, about: 'the version', of: SUBCOMMANDS, short: 'V' },
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
