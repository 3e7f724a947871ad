// Bundles every thread into a string, so that the library can start it wherever it is bundled itself.

import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** What runs in a thread of its own, below src, where its source as a string goes, and what it is called. */
const THREADS = [
  ['jobs/worker.ts', 'jobs/worker-source.generated.ts', 'thread that performs jobs'],
  ['validators/thread.ts', 'validators/thread-source.generated.ts', 'thread of a validation'],
];

const at = (path) => fileURLToPath(new URL(`../src/${path}`, import.meta.url));

for (const [from, to, name] of THREADS) {
  const { outputFiles } = await build({
    entryPoints: [at(from)],
    write: false,
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'node',
    target: 'node20',
    // A thread that is started from a string has no module to resolve from.
    banner: { js: 'const require=(name)=>process.getBuiltinModule(name);' },
  });
  const [{ text }] = outputFiles;
  await writeFile(
    at(to),
    `/** The ${name} as a string; made from ${from} by scripts/inline-thread.mjs. */\nexport const THREAD_SOURCE =\n  ${JSON.stringify(text)};\n`,
  );
}
