// Bundles the programs of threads, and of the process that checks databases, each into one text that needs nothing else.

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { minify } from 'terser';

/** Entries below src, with what they are and the name of the constant that holds their text. */
export const THREADS = {
  'jobs/worker': { name: 'thread that performs jobs', constant: 'WORKER_SOURCE' },
  'validators/thread/worker': { name: 'thread of a validation', constant: 'SCAN_WORKER_SOURCE' },
  'validators/sqlite/program': { name: 'program that checks a database', constant: 'PROGRAM_SOURCE' },
};

/** The text of an entry's program, and what it was made of, as esbuild tells it. */
export async function bundleThread(entry) {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL(`../src/${entry}.ts`, import.meta.url))],
    absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
    write: false,
    metafile: true,
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
  // Some 3 kB less in the package than esbuild alone has it.
  const { code } = await minify(outputFiles[0].text, { ecma: 2020, toplevel: true });
  return { text: code, metafile };
}
