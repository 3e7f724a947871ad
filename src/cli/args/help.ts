/** Help for the program and for each subcommand, examples first, in lines that fit a terminal. */

import { breakLines } from '../output/width.ts';
import { optionOf, optionsOf, SUBCOMMANDS, type OptionName, type Subcommand } from './options.ts';

const ABOUT: Readonly<Record<Subcommand, string>> = {
  show: 'what happened in a run, and whether its files are still what they were',
  list: 'which runs there are, newest first',
  verify: 'whether runs can be restored from, a line for each',
  completion: 'a script with which a shell completes subcommands, options and run ids',
  help: 'this text, or that of a subcommand',
};

const SYNOPSIS: Readonly<Record<Subcommand, string>> = {
  show: 'backup-run show [options] RUN_ID',
  list: 'backup-run list [options]',
  verify: 'backup-run verify [options] RUN_ID...|--all|--latest|--latest-restorable',
  completion: 'backup-run completion bash|zsh|fish',
  help: 'backup-run help [SUBCOMMAND]',
};

const EXAMPLES: Readonly<Record<Subcommand, readonly string[]>> = {
  show: [
    'backup-run show 20260629-121045-000001',
    'backup-run show latest',
    'backup-run show --root /srv/backups --level size 20260629-121045-000001',
    'backup-run show --json 20260629-121045-000001',
  ],
  list: [
    'backup-run list --root /srv/backups --limit 20',
    'backup-run list --status failed,partial --from 2026-06-01 --utc',
    'backup-run list --calendar',
    'backup-run list --ndjson',
  ],
  verify: [
    'backup-run verify --latest-restorable --root /srv/backups',
    'backup-run verify --all --max-rate 200MB --quiet',
    'cut -d" " -f1 ids.txt | backup-run verify -',
  ],
  completion: [
    'backup-run completion bash > /etc/bash_completion.d/backup-run',
    'backup-run completion zsh > /usr/local/share/zsh/site-functions/_backup-run',
    'backup-run completion fish > ~/.config/fish/completions/backup-run.fish',
  ],
  help: ['backup-run help verify'],
};

const EXIT_CODES: readonly (readonly [string, string])[] = [
  ['0', 'good'],
  ['1', 'a finding of severity error; verify: or not restorable'],
  ['2', 'the command line cannot be used; nothing on standard output'],
  ['3', 'not found'],
  ['4', 'a run could not be inspected; verify: or not all of it was verified'],
  ['130', 'interrupted'],
];

const ARGUMENTS: Readonly<Partial<Record<Subcommand, string>>> = {
  show: 'RUN_ID may be a prefix that only one run has, latest for the newest run that is not running, or - for one that is read from standard input.',
  verify:
    'RUN_ID may be a prefix that only one run has, latest for the newest run that is not running, or - for those that are read from standard input, one a line. What narrows a listing, --status to --limit, goes with --all.',
};

/** Columns that help is at most wide: longer lines are hard to read. */
const WIDEST = 80;

/** Columns of an option and its value, of a subcommand, and of an exit code. */
const OPTION_COLUMNS = 20;
const SUBCOMMAND_COLUMNS = 12;
const CODE_COLUMNS = 5;

/** The help of the program; `columns` are those of the terminal, null where there is none. */
export function helpOfProgram(columns: number | null): string {
  const subcommands = SUBCOMMANDS.flatMap((name) => entry(name, ABOUT[name], SUBCOMMAND_COLUMNS, columns));
  return [
    section('Examples:', [EXAMPLES.show[0], EXAMPLES.verify[0], EXAMPLES.list[1]]),
    section('Usage: backup-run SUBCOMMAND [options] [RUN_ID...]', []),
    section('Subcommands:', subcommands),
    section('Options:', entriesOf(['help', 'version'], columns)),
    exitCodes(columns),
    section('The options of a subcommand: backup-run help SUBCOMMAND', []),
  ].join('\n');
}

/** The help of a subcommand. */
export function helpOf(subcommand: Subcommand, columns: number | null): string {
  const about = [ABOUT[subcommand], ARGUMENTS[subcommand] ?? ''].filter((text) => text !== '');
  const isAboutRuns = subcommand !== 'completion' && subcommand !== 'help';
  return [
    section('Examples:', EXAMPLES[subcommand]),
    section(
      `Usage: ${SYNOPSIS[subcommand]}`,
      about.flatMap((text) => entry('', text, 0, columns)),
    ),
    section('Options:', entriesOf(optionsOf(subcommand), columns)),
    ...(isAboutRuns ? [exitCodes(columns)] : []),
  ].join('\n');
}

function section(title: string, lines: readonly (string | undefined)[]): string {
  return `${[title, ...lines.map((line) => `  ${line}`)].join('\n')}\n`;
}

function exitCodes(columns: number | null): string {
  const codes = EXIT_CODES.flatMap(([code, about]) => entry(code, about, CODE_COLUMNS, columns));
  return section('Exit codes:', [...codes, 'Where several apply: 4, then 1, then 3.']);
}

function entriesOf(names: readonly OptionName[], columns: number | null): string[] {
  return names.flatMap((name) => {
    const { value, inlineValue, about, values, fallback, isRepeatable } = optionOf(name);
    const sentences = [
      about,
      ...(values === undefined ? [] : [`${value ?? inlineValue}: ${values}`]),
      ...(isRepeatable ? ['Several with commas, or again'] : []),
      ...(fallback === undefined ? [] : [`Default: ${fallback}`]),
    ];
    const text = sentences.join('. ') + (sentences.length > 1 ? '.' : '');
    return entry(titleOf(name), text, OPTION_COLUMNS, columns);
  });
}

function titleOf(name: OptionName): string {
  const { value, inlineValue, short } = optionOf(name);
  return [
    `--${name}`,
    short === undefined ? '' : `, -${short}`,
    value === null ? '' : ` ${value}`,
    inlineValue === undefined ? '' : `[=${inlineValue}]`,
  ].join('');
}

/** A title, and beside it as many lines as its text takes. */
function entry(title: string, text: string, titleColumns: number, columns: number | null): string[] {
  const room = Math.min(columns ?? WIDEST, WIDEST) - titleColumns - 2;
  return breakLines(text, Math.max(room, 20)).map(
    (line, index) => (index === 0 ? title : '').padEnd(titleColumns) + line,
  );
}
