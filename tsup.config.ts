import { join } from 'node:path';
import { defineConfig, type Options } from 'tsup';
import manifest from './package.json' with { type: 'json' };

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

const COMMON: Options = {
  platform: 'node',
  target: 'node20',
  // One file an entry and a format, so that nothing in it depends on where a chunk lands.
  splitting: false,
  shims: false,
  dts: false,
  clean: false,
  // They would make the package three times as large, and without the sources in them they lead nowhere.
  sourcemap: false,
  // Keep `node:` in front of the builtins, as the sources write it.
  removeNodeProtocol: false,
};

/** Written shorter, but so that the stack of an error can be read: functions and classes keep their names, and lines end. */
const SHORT: Options = {
  minifySyntax: true,
  minify: 'terser',
  terserOptions: {
    // Nothing is made part of anything else, or the stack of an error would not name it.
    compress: false,
    mangle: { keep_fnames: true, keep_classnames: true },
    format: { max_line_len: 500 },
  },
};

/**
 * Programs of threads, and of the process that checks databases: strings, of up to 140 kB. Each is a file of its own that holds
 * nothing else, and needs nothing: as CommonJS, of which both builds of an entry, and every bundler, can make it part.
 */
const PROGRAMS: Readonly<Record<string, string>> = {
  'programs/jobs': 'src/jobs/worker-source.generated.ts',
  'programs/scan': 'src/validators/thread/worker-source.generated.ts',
  'programs/sqlite': 'src/validators/sqlite/program-source.generated.ts',
};

const programsBeside: Plugin = {
  name: 'programs',
  setup(build) {
    build.onResolve({ filter: /-source\.generated\.ts$/ }, (found) => beside(found, PROGRAMS, 'cjs'));
  },
};

/** The file of its own that a source has in the build, which is imported from there. */
function beside(
  { path, resolveDir }: { readonly path: string; readonly resolveDir: string },
  files: Readonly<Record<string, string>>,
  ending: string,
) {
  const wanted = join(resolveDir, path).replaceAll('\\', '/');
  const [name] = Object.entries(files).find(([, source]) => wanted.endsWith(`/${source}`)) ?? [];
  if (name === undefined) return { errors: [{ text: `it has no file of its own in the build: ${wanted}` }] };
  return { path: `./${name}.${ending}`, external: true };
}

const LIBRARY_ENTRIES = { index: 'src/index.ts', validators: 'src/validators/index.ts' };
const FORMAT_ENTRY = { format: 'src/format.ts' };

const LIBRARY: Options = {
  ...COMMON,
  ...SHORT,
  entry: LIBRARY_ENTRIES,
  // Users install nothing more for them; their notices are in THIRD-PARTY-LICENSES.txt.
  noExternal: ['damerau-levenshtein', 'tinyqueue'],
  esbuildPlugins: [programsBeside],
};

/** For browsers too: the build fails when something of Node is in it. */
const FORMAT: Options = {
  ...COMMON,
  platform: 'neutral',
  target: 'es2022',
  noExternal: ['damerau-levenshtein'],
};

/**
 * What the format's entry for ESM gives on, each a file of its own: bundlers leave out files that nobody needs, but hardly ever a
 * schema from the middle of one, and whoever wants the guard of errors alone would have valibot too.
 */
const FORMAT_PARTS = {
  'format/errors': 'src/model/errors.ts',
  'format/run': 'src/model/run.ts',
  'format/run-filter': 'src/model/run-filter.ts',
  'format/schemas': 'src/manifest/schemas.ts',
};

const partsBeside: Plugin = {
  name: 'parts',
  setup(build) {
    build.onResolve({ filter: /^\.\// }, (found) =>
      found.importer.replaceAll('\\', '/').endsWith(`/${FORMAT_ENTRY.format}`)
        ? beside(found, FORMAT_PARTS, 'js')
        : null,
    );
  },
};

export default defineConfig([
  { ...LIBRARY, format: ['esm'] },
  {
    ...LIBRARY,
    format: ['cjs'],
    // The types of both builds are the same, and those in types/ lead here: one is ESM, one CommonJS by the ending of the file alone.
    dts: {
      entry: { ...LIBRARY_ENTRIES, ...FORMAT_ENTRY },
      // tsup's declaration build sets `baseUrl`, which TypeScript 6 refuses unless told otherwise.
      compilerOptions: { ignoreDeprecations: '6.0' },
    },
    // All builds run at one time, and none may remove what another has made.
    clean: ['!*.js', '!format.cjs', '!format', '!programs'],
    // A module of CommonJS has no `import.meta`, and is told by `__filename` where it is.
    esbuildOptions(options) {
      options.define = { ...options.define, 'import.meta.url': '__filename' };
    },
  },
  { ...FORMAT, entry: { ...FORMAT_ENTRY, ...FORMAT_PARTS }, format: ['esm'], esbuildPlugins: [partsBeside] },
  { ...FORMAT, entry: FORMAT_ENTRY, format: ['cjs'] },
  { ...COMMON, entry: PROGRAMS, format: ['cjs'] },
  {
    ...COMMON,
    ...SHORT,
    entry: { cli: 'src/cli/main.ts' },
    format: ['esm'],
    // Users install nothing more for them; their notices are in THIRD-PARTY-LICENSES.txt.
    noExternal: ['damerau-levenshtein', 'filesize', 'pretty-ms', 'string-width', 'wrap-ansi'],
    define: { VERSION: JSON.stringify(manifest.version) },
    esbuildPlugins: [
      {
        name: 'library',
        setup(build) {
          // The command line uses the library that is shipped beside it.
          const library = { path: './index.js', external: true };
          build.onResolve({ filter: /^(?:\.\.\/)+index\.ts$/ }, () => library);
          const validators = { path: './validators.js', external: true };
          build.onResolve({ filter: /^(?:\.\.\/)+validators\/index\.ts$/ }, () => validators);
        },
      },
    ],
  },
]);
