// Runs a file of examples/ on any Node that the library supports, from a fresh clone: `node scripts/example.mjs NAME [ARGUMENT...]`.

import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const [name = '', ...words] = process.argv.slice(2);

// A module knows its real path alone.
const directory = realpathSync(mkdtempSync(join(tmpdir(), 'backup-run-inspector-example-')));
try {
  const outfile = join(directory, `${name}.mjs`);
  await build({
    entryPoints: [join(PROJECT, 'examples', `${name}.ts`)],
    outfile,
    // As it is in this clone; `npm install backup-run-inspector` gives a project of yours the same.
    alias: { 'backup-run-inspector': join(PROJECT, 'src/index.ts') },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
    // Dependencies that are CommonJS ask for builtins by `require`.
    banner: { js: "import { createRequire as R } from 'node:module'; const require = R(import.meta.url);" },
  });
  process.argv = [process.execPath, outfile, ...words];
  await import(pathToFileURL(outfile).href);
} finally {
  // It is loaded by now.
  rmSync(directory, { recursive: true, force: true });
}
