// Bundles the hashing thread into a string, so that the library can start it wherever it is bundled itself.

import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(`../src/verify/hashing/${path}`, import.meta.url));

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
  `/** The hashing thread as a string; made from thread.ts by scripts/inline-thread.mjs. */\nexport const THREAD_SOURCE =\n  ${JSON.stringify(text)};\n`,
);
