import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

/** Faults, races, attacks and floods, and whatever needs an installed package: what few changes need, and what takes most of the time. */
const CAMPAIGN = ['test/campaign/**/*.test.ts', 'test/package/**/*.test.ts'];

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
