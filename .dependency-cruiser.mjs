// Which modules may need which others: the layers of src/, and what the published package may depend on.

/**
 * The rooms of src/ and the files beside them, from the bottom up. What is in one may need what is in it and below it, and nothing
 * above it; CONTRIBUTING.md says what each is for.
 */
export const LAYERS = [
  'model/',
  'concurrency/',
  'diagnostics.ts',
  'json/',
  'fs/',
  'repository/',
  'manifest/',
  'hashing/',
  'jobs/',
  'verify/',
  'content/',
  'validators/',
  'inspect/',
  'listing/',
  'inspector.ts',
  'command/',
  'format.ts',
  'index.ts',
  'cli/',
];

const inLayers = (layers) => `^src/(?:${layers.map((layer) => layer.replaceAll('.', '\\.')).join('|')})`;

/** How dependencies are told that no user of the package has. */
const NOT_INSTALLED = ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'npm-optional'];

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...LAYERS.slice(0, -1).map((layer, index) => ({
      name: `nothing-above-${layer.replace(/\/$|\.ts$/, '')}`,
      severity: 'error',
      from: { path: inLayers([layer]) },
      to: { path: inLayers(LAYERS.slice(index + 1)) },
    })),
    {
      name: 'a-layer-for-every-file',
      comment: 'a new room, or a new file beside the rooms, needs a place among the layers',
      severity: 'error',
      from: { path: '^src/', pathNot: inLayers(LAYERS) },
      to: {},
    },
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphan',
      comment: 'a module that nobody needs and that is no entry',
      severity: 'error',
      from: { orphan: true },
      to: {},
    },
    {
      name: 'entries-are-for-others',
      comment:
        'nobody inside needs the public surface but the command line, and that of all holds that of the format',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(?:cli/|index\\.ts$)' },
      to: { path: '^src/(?:index|format)\\.ts$' },
    },
    {
      name: 'format-needs-nothing-of-node',
      comment:
        'it is for browsers too, and opens nothing: neither a builtin, nor the rooms that read or hash',
      severity: 'error',
      from: { path: '^src/format\\.ts$' },
      to: {
        reachable: true,
        path: '^(?:node:)?(?:[a-z_]+(?:/promises)?)$|^src/(?:fs|hashing|jobs|inspect|cli)/|/fast-glob/',
      },
    },
    {
      name: 'runtime-dependencies-only',
      comment:
        'what is published needs nothing that is only there for development, or holds it whole, with its notice',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: {
        dependencyTypes: NOT_INSTALLED,
        pathNot: '^node_modules/(?:@types/)?(?:damerau-levenshtein|tinyqueue)/',
      },
    },
    {
      name: 'runtime-dependencies-or-bundled',
      comment: 'the build of the command line holds these, whole and with their notices',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: {
        dependencyTypes: NOT_INSTALLED,
        pathNot:
          '^node_modules/(?:@types/)?(?:string-width|wrap-ansi|filesize|pretty-ms|damerau-levenshtein)/',
      },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-tests-in-sources',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(?:test|bench|scripts)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Also what is imported for its types alone.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
};
