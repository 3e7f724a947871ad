// Makes one file of a program and everything it imports: `bundle.mjs <bundler> <esm | cjs> <entry> <outfile>`.

import { basename, dirname } from 'node:path';
import commonjs from '@rollup/plugin-commonjs';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import esbuild from 'esbuild';
import { rollup } from 'rollup';
import webpack from 'webpack';

/** No more than each of them needs to be told: what goes in, what comes out, and that it is for Node. Warnings go to standard error. */
const BUNDLERS = {
  esbuild: (format, entry, outfile) =>
    esbuild.build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: 'node',
      format,
      logLevel: 'warning',
    }),
  rollup: async (format, input, file) => {
    const bundle = await rollup({
      input,
      plugins: [nodeResolve({ exportConditions: ['node'] }), commonjs()],
    });
    await bundle.write({ file, format });
  },
  webpack: (format, entry, outfile) =>
    new Promise((resolve, reject) => {
      const output = { path: dirname(outfile), filename: basename(outfile) };
      const asModule = {
        output: { ...output, module: true, library: { type: 'module' } },
        experiments: { outputModule: true },
      };
      const options = { entry, target: 'node', mode: 'production', output };
      webpack({ ...options, ...(format === 'esm' && asModule) }, (fault, stats) => {
        if (fault !== null) return reject(fault);
        const said = stats.toString('errors-warnings');
        if (stats.hasErrors()) return reject(new Error(said));
        if (stats.hasWarnings()) console.error(said);
        return resolve();
      });
    }),
};

const [bundler, ...rest] = process.argv.slice(2);
await BUNDLERS[bundler](...rest);
