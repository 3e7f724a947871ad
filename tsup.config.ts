import { defineConfig, type Options } from 'tsup';
import manifest from './package.json' with { type: 'json' };

const COMMON: Options = {
  platform: 'node',
  target: 'node20',
  // One file an entry and a format, so that nothing in it depends on where a chunk lands.
  splitting: false,
  shims: false,
  sourcemap: true,
  // Keep `node:` in front of the builtins, as the sources write it.
  removeNodeProtocol: false,
};

export default defineConfig([
  {
    ...COMMON,
    entry: { index: 'src/index.ts', validators: 'src/validators/index.ts' },
    format: ['esm', 'cjs'],
    // tsup's declaration build sets `baseUrl`, which TypeScript 6 refuses unless told otherwise.
    dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
    // Users install nothing more for them; their notices are in THIRD-PARTY-LICENSES.txt.
    noExternal: ['damerau-levenshtein', 'tinyqueue'],
    // Both builds run at one time, and neither may remove what the other has made.
    clean: ['!cli.js', '!cli.js.map'],
    // A module of CommonJS has no `import.meta`, and is told by `__filename` where it is.
    esbuildOptions(options, { format }) {
      if (format === 'cjs') options.define = { ...options.define, 'import.meta.url': '__filename' };
    },
  },
  {
    ...COMMON,
    entry: { cli: 'src/cli/main.ts' },
    format: ['esm'],
    dts: false,
    clean: false,
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
