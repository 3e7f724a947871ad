import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

export default defineConfig({
  // The examples import the library as its users do.
  resolve: { alias: { 'backup-run-inspector': fileURLToPath(new URL('src/index.ts', import.meta.url)) } },
  test: {
    include: ['test/**/*.test.ts'],
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
