// Bundles every thread into a string, so that the library can start it wherever it is bundled itself.

import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Entries below src, with what they are and the name of the constant. */
const THREADS = {
  'jobs/worker': { name: 'thread that performs jobs', constant: 'WORKER_SOURCE' },
  'validators/thread/worker': { name: 'thread of a validation', constant: 'SCAN_WORKER_SOURCE' },
  'validators/sqlite/program': { name: 'program that checks a database', constant: 'PROGRAM_SOURCE' },
};

for (const [entry, { name, constant }] of Object.entries(THREADS)) {
  const at = (ending) => fileURLToPath(new URL(`../src/${entry}${ending}`, import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [at('.ts')],
    write: false,
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'node',
    target: 'node20',
    // Nothing in a thread is loaded from a file.
    define: { 'import.meta.url': '""' },
    // A thread that is started from a string has no module to resolve from. A parameter may be called as what Bun declares beside it.
    banner: { js: '((require)=>{' },
    footer: { js: '})((name)=>process.getBuiltinModule(name));' },
  });
  const [{ text }] = outputFiles;
  await writeFile(
    at('-source.generated.ts'),
    `/** The ${name} as a string; made by scripts/inline-thread.mjs. */\nexport const ${constant} =\n  ${JSON.stringify(text)};\n`,
  );
}
