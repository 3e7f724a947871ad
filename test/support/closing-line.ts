/** Prints one line that a script can read, `N passed, N failed`, as the last one of a test run. */
import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node';

/** Counts of one test run. */
interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** Prints the closing line; has to be the last of the reporters. */
export class ClosingLine implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly unknown[],
    reason: TestRunEndReason,
  ): void {
    const tally: Tally = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) count(module, tally);
    // A run that failed for any other reason (no tests found, interrupted) never reads as a good one.
    if (reason !== 'passed' && tally.failed === 0) tally.failed = 1;
    const skipped = tally.skipped === 0 ? '' : `, ${tally.skipped} skipped`;
    console.log(`${tally.passed} passed, ${tally.failed} failed${skipped}`);
  }
}

/** Adds a module's tests to the tally, and one failure for each file or suite that itself failed to load or set up. */
function count(module: TestModule, tally: Tally): void {
  for (const suite of [module, ...module.children.allSuites()]) {
    if (suite.errors().length > 0) tally.failed += 1;
  }
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    // A test that is still pending never ran to its end.
    tally[state === 'pending' ? 'failed' : state] += 1;
  }
}
