import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

/**
 * What takes most of the time and what few changes need: faults, races, attacks and floods, whole programs in children and terminals,
 * engines of contents, and whatever needs an installed package. All else is `unit`.
 */
const CAMPAIGN = [
  'test/campaign/**/*.test.ts',
  'test/cli/*.test.ts',
  'test/command/handler.test.ts',
  'test/docs/{blocks,recipes,types}.test.ts',
  'test/examples/*.test.ts',
  'test/jobs/{keep-alive,starvation}.test.ts',
  'test/listing/{leaving,list-runs,memory,races}.test.ts',
  'test/package/*.test.ts',
  'test/validators/*.test.ts',
  'test/verify/engine.test.ts',
  'test/{corruption,demo,globals,readme,readonly}.test.ts',
];

export default defineConfig({
  // The examples import the library as its users do.
  resolve: { alias: { 'backup-run-inspector': fileURLToPath(new URL('src/index.ts', import.meta.url)) } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...CAMPAIGN],
        },
      },
      { extends: true, test: { name: 'campaign', include: CAMPAIGN } },
    ],
    pool: 'forks',
    globals: false,
    testTimeout: 120_000,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      // They only run as threads, or as a program that is tested whole; the last one has nothing to run.
      exclude: [
        'src/**/*.generated.ts',
        'src/jobs/worker.ts',
        'src/validators/thread/worker.ts',
        'src/cli/**',
        'src/index.ts',
      ],
      reporter: [['text', { skipFull: true }]],
      // Of the quick tests, in this process alone: what runs in threads and child processes is not counted.
      thresholds: { statements: 75, branches: 68, functions: 75, lines: 75 },
    },
    // The closing line comes last: reporters are called in this order.
    reporters: ['default', new ClosingLine()],
  },
});
