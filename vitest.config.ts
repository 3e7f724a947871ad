import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    globals: false,
    testTimeout: 30_000,
    // The closing line comes last: reporters are called in this order.
    reporters: ['default', new ClosingLine()],
  },
});
