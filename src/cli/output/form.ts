/** The form in which answers are printed, and how they are shown to a person. */

import type { Arguments } from '../args/arguments.ts';
import { UsageError } from '../args/usage-error.ts';
import type { CliContext } from '../context.ts';
import { paintColours, paintPlain } from './paint.ts';
import type { View } from './view.ts';

/** For a person, as one JSON document, or as JSON with an object a line. */
export type Form = 'text' | 'json' | 'ndjson';

/** The form that was asked for. */
export function formOf({ texts }: Arguments): Form {
  if (texts.has('json') && texts.has('ndjson'))
    throw new UsageError('Cannot use --json and --ndjson together');
  if (texts.has('ndjson')) return 'ndjson';
  return texts.has('json') ? 'json' : 'text';
}

/** How to show things on standard output, as it is now: terminals are resized. */
export function viewOf({ texts }: Arguments, { out, hasColours, now }: CliContext): View {
  return {
    columns: out.columns(),
    paint: hasColours && !texts.has('no-color') ? paintColours : paintPlain,
    isUtc: texts.has('utc'),
    hasAllFindings: texts.has('all-findings'),
    now: now(),
  };
}
