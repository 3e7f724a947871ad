// Puts the program of every thread into a string, so that the library can start it wherever it is bundled itself.

import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleThread, THREADS } from './threads.mjs';

for (const [entry, { name, constant }] of Object.entries(THREADS)) {
  const { text } = await bundleThread(entry);
  await writeFile(
    fileURLToPath(new URL(`../src/${entry}-source.generated.ts`, import.meta.url)),
    `/** The ${name} as a string; made by scripts/inline-thread.mjs. */\nexport const ${constant} =\n  ${JSON.stringify(text)};\n`,
  );
}
