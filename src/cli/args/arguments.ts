/** Takes a command line apart into subcommand, words and options, or refuses it. Values of options are parsed in values.ts. */

import { parseArgs, type ParseArgsConfig } from 'node:util';
import { suggestion } from '../../model/nearest.ts';
import {
  isOptionName,
  isSubcommand,
  OPTION_NAMES,
  optionOf,
  optionsOf,
  SUBCOMMANDS,
  type OptionName,
  type Subcommand,
} from './options.ts';
import { quote } from '../../model/printable.ts';
import { UsageError } from './usage-error.ts';

/** What was typed. */
export interface Arguments {
  /** Null when there was none. */
  readonly subcommand: Subcommand | null;
  /** The words after the subcommand. */
  readonly words: readonly string[];
  /** Texts of an option in the order typed; of a switch, one empty text each time. */
  readonly texts: ReadonlyMap<OptionName, readonly string[]>;
}

/** The text of an option that stands once; the last one counts. */
export function optionText({ texts }: Arguments, name: OptionName): string | undefined {
  return texts.get(name)?.at(-1);
}

type Token = NonNullable<ReturnType<typeof tokensOf>>[number];
type OptionToken = Extract<Token, { kind: 'option' }>;

const DESCRIPTION = Object.fromEntries(
  OPTION_NAMES.map((name) => {
    const { value, short } = optionOf(name);
    return [name, { type: value === null ? 'boolean' : 'string', ...(short !== undefined && { short }) }];
  }),
) satisfies ParseArgsConfig['options'];

function tokensOf(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: DESCRIPTION,
    // Its own complaints name neither the nearest option nor what was expected.
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens;
}

/** Takes apart what was typed. */
export function parseArguments(args: readonly string[]): Arguments {
  const texts = new Map<OptionName, string[]>();
  const positionals: string[] = [];
  for (const token of tokensOf(args)) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const name = optionNameOf(token, args);
    texts.set(name, [...(texts.get(name) ?? []), valueOf(token, name)]);
  }
  const [first, ...words] = positionals;
  const subcommand = first === undefined ? null : subcommandOf(first);
  if (subcommand !== null) refuseOptionsOfOthers(subcommand, [...texts.keys()]);
  return { subcommand, words, texts };
}

/** The subcommand that a word names. */
export function subcommandOf(word: string): Subcommand {
  if (isSubcommand(word)) return word;
  const hint = suggestion(word, SUBCOMMANDS) || `: expected ${SUBCOMMANDS.join(', ')}`;
  throw new UsageError(`Unknown subcommand ${quote(word)}${hint}`);
}

function optionNameOf({ name, rawName, index }: OptionToken, args: readonly string[]): OptionName {
  if (isOptionName(name)) return name;
  if (!rawName.startsWith('--')) {
    throw new UsageError(
      `Unknown option ${quote(args[index] ?? rawName)}; a run id that begins with "-" goes after "--"`,
    );
  }
  const hint = suggestion(
    rawName,
    OPTION_NAMES.map((each) => `--${each}`),
  );
  throw new UsageError(`Unknown option ${quote(rawName)}${hint}`);
}

function valueOf({ value, inlineValue }: OptionToken, name: OptionName): string {
  const { value: expected, inlineValue: kind } = optionOf(name);
  if (expected === null) {
    if (value === undefined) return '';
    if (kind !== undefined && value !== '') return value;
    if (kind !== undefined) throw new UsageError(`Cannot use --${name}=: expected ${kind} after it`);
    throw new UsageError(`Cannot use --${name}=${quote(value)}: it takes no value`);
  }
  // What looks like an option was meant as one, unless it stands behind `=`.
  if (value === undefined || value === '' || (!inlineValue && value.startsWith('-'))) {
    throw new UsageError(`Cannot use --${name}: expected ${expected} after it`);
  }
  return value;
}

function refuseOptionsOfOthers(subcommand: Subcommand, names: readonly OptionName[]): void {
  const known = optionsOf(subcommand);
  const stranger = names.find((name) => !known.includes(name));
  if (stranger === undefined) return;
  throw new UsageError(
    `Cannot use --${stranger} with ${subcommand}: it goes with ${listed(optionOf(stranger).of)}`,
  );
}

/** Refuses words after a subcommand that takes none. */
export function refuseWords({ subcommand, words }: Arguments): void {
  const [word] = words;
  if (word !== undefined)
    throw new UsageError(`Cannot ${subcommand}: expected no further word, found ${quote(word)}`);
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
