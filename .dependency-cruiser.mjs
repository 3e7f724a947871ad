// Which modules may need which others, as far as test/layers.test.ts does not say it: that is where the layers are.

/** How dependencies are told that no user of the package has. */
const NOT_INSTALLED = ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'npm-optional'];

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
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
      comment: 'nobody inside needs the public surface but the command line',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/index\\.ts$' },
    },
    {
      name: 'runtime-dependencies-only',
      comment: 'what is published needs nothing that is only there for development',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { dependencyTypes: NOT_INSTALLED },
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
