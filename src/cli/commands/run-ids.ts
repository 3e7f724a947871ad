/** The run ids that are meant by words; `-` stands for those on standard input, one a line. */

import type { CliContext } from '../context.ts';

/** Characters of a line that are looked at: more than any run id has. */
const LONGEST_LINE = 4_096;

/** The run ids that are meant, those of standard input as they come. */
export async function* runIds(
  words: readonly string[],
  { input }: Pick<CliContext, 'input'>,
): AsyncGenerator<string> {
  // A standard input that cannot be read is refused before anything is printed.
  const bytes = words.includes('-') ? input() : null;
  for (const word of words) {
    if (word === '-' && bytes !== null) yield* linesOf(bytes);
    else yield word;
  }
}

/** The lines of some text, without the blank ones and without the space around them. */
async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = (lines.pop() ?? '').slice(0, LONGEST_LINE);
    yield* trimmed(lines);
  }
  yield* trimmed([rest + decoder.decode()]);
}

function* trimmed(lines: readonly string[]): Generator<string> {
  for (const line of lines) {
    const text = line.trim();
    if (text !== '') yield text;
  }
}
