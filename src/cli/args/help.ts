/** Help for the program and for each subcommand, examples first. */

import { optionOf, optionsOf, type Subcommand } from './options.ts';

const ABOUT: Readonly<Record<Subcommand, string>> = {
  show: 'what happened in a run, and whether its files are still what they were',
  list: 'which runs there are, newest first',
  verify: 'whether runs can be restored from, a line for each',
  completion: 'a script with which a shell completes subcommands, options and run ids',
};

const SYNOPSIS: Readonly<Record<Subcommand, string>> = {
  show: 'backup-run show [options] RUN_ID',
  list: 'backup-run list [options]',
  verify: 'backup-run verify [options] RUN_ID... | --all | --latest',
  completion: 'backup-run completion bash|zsh|fish',
};

const EXAMPLES: Readonly<Record<Subcommand, readonly string[]>> = {
  show: [
    'backup-run show 20260629-121045-000001',
    'backup-run show --root /srv/backups --level size 20260629-121045-000001',
    'backup-run show --json 20260629-121045-000001',
  ],
  list: [
    'backup-run list --root /srv/backups --limit 20',
    'backup-run list --status failed,partial --from 2026-06-01 --utc',
    'backup-run list --ndjson',
  ],
  verify: [
    'backup-run verify --latest --root /srv/backups',
    'backup-run verify --all --max-rate 200MB --quiet',
    'cut -d" " -f1 ids.txt | backup-run verify -',
  ],
  completion: [
    'backup-run completion bash > /etc/bash_completion.d/backup-run',
    'backup-run completion zsh > /usr/local/share/zsh/site-functions/_backup-run',
    'backup-run completion fish > ~/.config/fish/completions/backup-run.fish',
  ],
};

const EXIT_CODES = `Exit codes:
  0    good
  1    a finding of severity error; verify: or not restorable
  2    usage
  3    not found
  4    a run could not be inspected; verify: or was not verified wholly
  130  interrupted
Where several apply: 4, then 1, then 3.`;

const NOTE_ON_IDS = 'RUN_ID may be -: run ids are then read from standard input, one a line.';

/** The help of the program. */
export function helpOfProgram(): string {
  const examples = [EXAMPLES.show[0], EXAMPLES.verify[0], EXAMPLES.list[1]];
  const subcommands = Object.entries(ABOUT).map(([name, about]) => `${name.padEnd(12)}${about}`);
  const help = 'backup-run SUBCOMMAND --help tells the options of each.';
  return [
    section('Examples:', examples),
    section('Subcommands:', [...subcommands, help]),
    section(EXIT_CODES, []),
  ].join('\n');
}

/** The help of a subcommand. */
export function helpOf(subcommand: Subcommand): string {
  const options = optionsOf(subcommand).map((name) => {
    const { value, about } = optionOf(name);
    return `${`--${name}${value === null ? '' : ` ${value}`}`.padEnd(22)}${about}`;
  });
  const isReading = subcommand === 'show' || subcommand === 'verify';
  return [
    section('Examples:', EXAMPLES[subcommand]),
    section(SYNOPSIS[subcommand], [ABOUT[subcommand]]),
    ...(isReading ? [section(NOTE_ON_IDS, [])] : []),
    section('Options:', options),
    ...(subcommand === 'completion' ? [] : [section(EXIT_CODES, [])]),
  ].join('\n');
}

function section(title: string, lines: readonly (string | undefined)[]): string {
  return `${[title, ...lines.map((line) => `  ${line}`)].join('\n')}\n`;
}
