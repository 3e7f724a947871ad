import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  platform: 'node',
  target: 'node20',
  // tsup's declaration build sets `baseUrl`, which TypeScript 6 refuses unless told otherwise.
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
  // One file a format, so that nothing in it depends on where a chunk lands.
  splitting: false,
  shims: false,
  sourcemap: true,
  clean: true,
  // Keep `node:` in front of the builtins, as the sources write it.
  removeNodeProtocol: false,
});
