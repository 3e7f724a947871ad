// The packages of which something is in the build: what users get of others without installing it.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build as esbuild } from 'esbuild';
import { build } from 'tsup';
import { bundleThread, THREADS } from './threads.mjs';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const CACHE = join(PROJECT, 'node_modules/.cache/bundled');

/** Their directories below the project, in order, of what is in the modules of the build and in the texts of its threads. */
export async function bundledPackages() {
  const metafiles = [...(await metafilesOfBuild()), ...(await metafilesOfThreads())];
  const modules = metafiles.flatMap(({ outputs }) => Object.values(outputs).flatMap(modulesOf));
  return [...new Set(modules.filter((path) => path.includes('node_modules/')).map(packageOf))].toSorted();
}

function modulesOf({ inputs }) {
  return Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
}

async function metafilesOfThreads() {
  return Promise.all(Object.keys(THREADS).map(async (entry) => (await bundleThread(entry)).metafile));
}

/** Every configuration of the build, built by itself: tsup would write all that it tells of them into one file. */
async function metafilesOfBuild() {
  await mkdir(CACHE, { recursive: true });
  const directory = mkdtempSync(join(CACHE, 'build-'));
  try {
    const configurations = await readConfigurations(directory);
    const metafiles = configurations.map(async (configuration, index) => {
      const outDir = join(directory, String(index));
      const quick = { config: false, silent: true, dts: false, clean: false, minify: false };
      await build({ ...configuration, ...quick, outDir, metafile: true });
      const told = readdirSync(outDir).filter((name) => name.startsWith('metafile-'));
      return told.map((name) => JSON.parse(readFileSync(join(outDir, name), 'utf8')));
    });
    return (await Promise.all(metafiles)).flat();
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** tsup.config.ts, as it stands. */
async function readConfigurations(directory) {
  const outfile = join(directory, 'tsup.config.mjs');
  const { outputFiles } = await esbuild({
    entryPoints: [join(PROJECT, 'tsup.config.ts')],
    outfile,
    write: false,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
  });
  await writeFile(outfile, outputFiles[0].text);
  return (await import(pathToFileURL(outfile).href)).default;
}

/** The directory of the package that a module belongs to. */
function packageOf(module) {
  let directory = dirname(module);
  while (!existsSync(join(PROJECT, directory, 'package.json')) || !/"name"/.test(readManifest(directory)))
    directory = dirname(directory);
  return directory;
}

function readManifest(directory) {
  return readFileSync(join(PROJECT, directory, 'package.json'), 'utf8');
}
