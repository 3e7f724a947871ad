// Makes one file of a program and everything it imports: `bundle.mjs <bundler> <esm | cjs> <entry> <outfile>`.

import { basename, dirname } from 'node:path';
import commonjs from '@rollup/plugin-commonjs';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import esbuild from 'esbuild';
import { rollup } from 'rollup';
import webpack from 'webpack';

const REQUIRE =
  "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);";

const BUNDLERS = {
  esbuild: (format, entry, outfile) =>
    esbuild.build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      minify: true,
      platform: 'node',
      format,
      logLevel: 'warning',
      // Dependencies that are CommonJS ask for builtins by `require`.
      ...(format === 'esm' && { banner: { js: REQUIRE } }),
    }),
  rollup: async (format, input, file) => {
    const plugins = [nodeResolve({ exportConditions: ['node'], preferBuiltins: true }), commonjs()];
    // What it says of cycles is of dependencies.
    const bundle = await rollup({ input, plugins, onwarn: () => undefined });
    await bundle.write({ file, format, inlineDynamicImports: true });
  },
  webpack: (format, entry, outfile) =>
    new Promise((resolve, reject) => {
      const isModule = format === 'esm';
      const output = {
        path: dirname(outfile),
        filename: basename(outfile),
        ...(isModule && { module: true, library: { type: 'module' } }),
      };
      webpack(
        {
          entry,
          target: 'node20',
          mode: 'production',
          // Its own analysis of what `braces` uses ends in an internal error.
          optimization: { usedExports: false },
          output,
          experiments: { outputModule: isModule },
        },
        (fault, stats) => {
          if (fault !== null) reject(fault);
          else if (stats.hasErrors()) reject(new Error(stats.toString('errors-only')));
          else resolve();
        },
      );
    }),
};

const [bundler, ...rest] = process.argv.slice(2);
await BUNDLERS[bundler](...rest);
