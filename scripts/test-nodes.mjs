// Runs `npm test` on this Node and the tests on every one of test/nodes, and prints a table of what ran and, as the last line, the sum.
// What is given beside options are the tests to run, as `vitest run` takes them.
//
//   --minutes N        how long all of it may take: this Node is tested completely, each other one completely if that
//                      leaves time for the rest, else with the quick tests, or not at all; without it, everything runs
//   --failed-checks N  what failed before, to be counted in the last line

import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs, stripVTControlCharacters } from 'node:util';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const NODES = at('test/nodes/node_modules');

/** Faults, races and attacks take most of the time; the package does not depend on who tests it. */
const QUICK = [
  '--exclude',
  'test/{faults,races,hostile,package}/**',
  '--exclude',
  'test/manifest/flips.test.ts',
];
/** How much of the time of all tests the quick ones take, estimated on the safe side. */
const QUICK_SHARE = 0.4;
/** How much longer than the first run another one may take. */
const SLOWER = 1.2;

const CLOSING = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/;

/** How vitest begins what it says of a test that failed, and of a file that cannot be loaded. */
const FAILURE = /^\s*FAIL\s+(.*)$/;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string' }, 'failed-checks': { type: 'string', default: '0' } },
});
const minutes = Number(values.minutes ?? Infinity);
const failedChecks = Number(values['failed-checks']);
if (!(minutes > 0 && failedChecks >= 0)) throw new TypeError('Cannot test: bad --minutes or --failed-checks');

/** The newest first: if time is short, it is the one furthest away from this one. */
const others = existsSync(NODES)
  ? readdirSync(NODES)
      .filter((name) => name.startsWith('node-'))
      .toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))
      .map((name) => `${NODES}/${name}/bin/node`)
  : [];
if (others.length === 0) console.error('SKIPPED: other versions of Node (npm ci --prefix test/nodes)');

/** The name of every test that failed, with its Node: the last lines of a long log are what is read first. */
const failures = [];
const since = performance.now();
const elapsed = () => (performance.now() - since) / 60_000;

const first = await test(process.execPath, 'all');
const results = [first];
for (const [index, node] of others.entries()) {
  const rest = (others.length - index - 1) * QUICK_SHARE;
  const fits = (share) => elapsed() + first.minutes * SLOWER * share <= minutes;
  const extent = fits(1 + rest) ? 'all' : fits(QUICK_SHARE) ? 'quick' : 'none';
  results.push(await test(node, extent));
}

for (const line of failures) console.log(line);
console.table(Object.fromEntries(results.map(({ version, ...result }) => [version, result])));
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
const failed = sum('failed') + failedChecks;
if (failedChecks > 0) console.log(`${failedChecks} failed checks are counted as failed`);
const skipped = sum('skipped') === 0 ? '' : `, ${sum('skipped')} skipped`;
console.log(`${sum('passed')} passed, ${failed} failed${skipped}`);
process.exitCode = failed === 0 ? 0 : 1;

/** Runs tests with a Node; what it prints is passed on, but for its closing line. */
async function test(node, extent) {
  const from = elapsed();
  const vitest = [at('node_modules/vitest/vitest.mjs'), 'run', ...(extent === 'quick' ? QUICK : [])];
  const [command, ...args] = node === process.execPath ? ['npm', 'test', '--'] : [node, ...vitest];
  const version = await outputOf(node, ['--version']);
  if (extent === 'none') return { version, extent, passed: 0, failed: 0, skipped: 0, minutes: 0 };
  console.log(`\nNode ${version}: ${extent} tests`);
  const child = spawn(command, [...args, ...positionals], {
    cwd: at(''),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = new Promise((resolve) => child.once('close', resolve));
  let closing = null;
  for await (const line of createInterface({ input: child.stdout })) {
    const match = CLOSING.exec(line);
    const failure = FAILURE.exec(stripVTControlCharacters(line));
    if (failure !== null) failures.push(`FAILED with ${version}: ${failure[1]}`);
    if (match === null) console.log(line);
    else closing = match;
  }
  const code = await exit;
  // Without a closing line it never came to its end.
  const [passed, failedTests, skips] = (closing ?? [null, 0, 1, 0])
    .slice(1)
    .map((count) => Number(count ?? 0));
  return {
    version,
    extent,
    passed,
    failed: code === 0 ? failedTests : Math.max(1, failedTests),
    skipped: skips,
    minutes: Math.round((elapsed() - from) * 10) / 10,
  };
}

async function outputOf(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks = await child.stdout.toArray();
  return Buffer.concat(chunks).toString().trim();
}
