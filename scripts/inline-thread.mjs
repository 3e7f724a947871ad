// Bundles every thread into a string, so that the library can start it wherever it is bundled itself.

import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Folders of src that hold a thread.ts, and what it is called. */
const THREADS = { 'verify/hashing': 'hashing thread', validators: 'thread of a validation' };

for (const [folder, name] of Object.entries(THREADS)) {
  const at = (path) => fileURLToPath(new URL(`../src/${folder}/${path}`, import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [at('thread.ts')],
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
    at('thread-source.generated.ts'),
    `/** The ${name} as a string; made from thread.ts by scripts/inline-thread.mjs. */\nexport const THREAD_SOURCE =\n  ${JSON.stringify(text)};\n`,
  );
}
