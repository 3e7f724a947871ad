// Runs all tests on this Node and on every one of test/nodes, and those of the installed package in Bun and Deno, and prints a
// table of what ran and, as the last line, the sum.
// What is given beside options are the tests to run, as `vitest run` takes them.
//
//   --minutes N        how long all of it may take: this Node is tested completely, each other one completely if that
//                      leaves time for the rest, else with the quick tests, or not at all; without it, everything runs
//   --failed-checks N  what failed before, to be counted in the last line
//
// Many tests race real writers, hung storage and signals, beside each other on few processors. The files of tests that failed
// are run once more by themselves: what fails again has failed; what passes then is named as UNSTEADY, to be looked into.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs, stripVTControlCharacters } from 'node:util';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const NODES = at('test/nodes/node_modules');

/** What few changes need takes most of the time. */
const QUICK = ['--project', 'unit', '--maxWorkers', '100%'];
/** How much of the time of all tests the quick ones take, estimated on the safe side. */
const QUICK_SHARE = 0.4;
/** How much longer than the first run another one may take. */
const SLOWER = 1.2;

const CLOSING = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/;

/** How vitest begins what it says of a test that failed, and of a file that cannot be loaded. */
const FAILURE = /^\s*FAIL\s+(?:\|[\w-]+\|\s+)?(.*)$/;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string' }, 'failed-checks': { type: 'string', default: '0' } },
});
const minutes = Number(values.minutes ?? Infinity);
const failedChecks = Number(values['failed-checks']);
if (!(minutes > 0 && failedChecks >= 0)) throw new TypeError('Cannot test: bad --minutes or --failed-checks');

/** What runs the package beside Node: all fixtures, and the command line. Whoever tests it is this Node. */
const RUNTIMES = { Bun: `${NODES}/bun/bin/bun.exe`, Deno: `${NODES}/deno/deno` };

/** The newest first: if time is short, it is the one furthest away from this one. */
const others = existsSync(NODES)
  ? readdirSync(NODES)
      .filter((name) => name.startsWith('node-'))
      .toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))
      .map((name) => `${NODES}/${name}/bin/node`)
  : [];
if (others.length === 0) console.error('SKIPPED: other versions of Node (npm ci --prefix test/nodes)');

/** What failed, or did not pass at once, by its name and its Node: the last lines of a long log are what is read first. */
const failures = [];
const since = performance.now();
const elapsed = () => (performance.now() - since) / 60_000;

const first = await test(process.execPath, 'all');
const results = [first];
for (const [name, runtime] of Object.entries(RUNTIMES)) {
  if (positionals.length === 0 && existsSync(runtime)) results.push(await testRuntime(name, runtime));
}
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

/** Runs the tests of one runtime, which are left out beside each Node. */
async function testRuntime(name, runtime) {
  const from = elapsed();
  const [, number] = /(\d+\.\d+\.\d+)/.exec(await outputOf(runtime, ['--version'])) ?? [];
  const version = `${name} ${number}`;
  console.log(`\n${version}: the installed package`);
  const args = [
    at('node_modules/vitest/vitest.mjs'),
    'run',
    'test/package/hosts.test.ts',
    '-t',
    String.raw`\b${name}\b`,
  ];
  const run = await runTests(process.execPath, args, {});
  for (const each of run.names) failures.push(`FAILED with ${version}: ${each}`);
  // A name that no test has any more would pass for ever.
  if (run.passed === 0) failures.push(`FAILED with ${version}: nothing ran`);
  return {
    version,
    extent: 'fixtures, command line',
    passed: run.passed,
    failed: run.passed === 0 ? Math.max(1, run.failed) : run.failed,
    skipped: 0,
    minutes: minutesSince(from),
  };
}

function minutesSince(from) {
  return Math.round((elapsed() - from) * 10) / 10;
}

/** Runs tests with a Node, and the files of those that failed once more by themselves. */
async function test(node, extent) {
  const from = elapsed();
  const version = await outputOf(node, ['--version']);
  if (extent === 'none') return { version, extent, passed: 0, failed: 0, skipped: 0, minutes: 0 };
  console.log(`\nNode ${version}: ${extent} tests`);
  const vitest = [at('node_modules/vitest/vitest.mjs'), 'run'];
  const once = await runInTurn(commandsFor(node, extent, vitest));
  const again = once.files.length > 0 ? await runTests(node, [...vitest, ...once.files]) : once;
  const left = Math.min(once.failed, again.failed);
  for (const name of once.names) {
    failures.push(`${again.names.includes(name) ? 'FAILED' : 'UNSTEADY'} with ${version}: ${name}`);
  }
  return {
    version,
    extent,
    passed: once.passed + once.failed - left,
    failed: left,
    skipped: once.skipped,
    minutes: minutesSince(from),
  };
}

/** With this Node, the command of the README and what it leaves out; tests that were named may be of either. */
function commandsFor(node, extent, vitest) {
  if (node !== process.execPath || positionals.length > 0) {
    return [[node, [...vitest, ...(extent === 'quick' ? QUICK : []), ...positionals]]];
  }
  return [
    ['npm', ['test']],
    ['npm', ['run', '--silent', 'test:campaign']],
  ];
}

/** Runs commands that test one after the other, and adds up what came of them. */
async function runInTurn(commands) {
  const runs = [];
  for (const [command, args] of commands) runs.push(await runTests(command, args));
  const total = (key) => runs.reduce((count, run) => count + run[key], 0);
  return {
    passed: total('passed'),
    failed: total('failed'),
    skipped: total('skipped'),
    names: runs.flatMap(({ names }) => names),
    files: runs.flatMap(({ files }) => files),
  };
}

/** Runs a command that tests; what it prints is passed on, but for its closing line. */
async function runTests(command, args, environment = { HOSTS_APART: 'true' }) {
  const env = { ...process.env, ...environment };
  const child = spawn(command, args, { cwd: at(''), env, stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = new Promise((resolve) => child.once('close', resolve));
  const names = new Set();
  let closing = null;
  const pass = async (input, print) => {
    for await (const line of createInterface({ input })) {
      closing = CLOSING.exec(line) ?? closing;
      const failure = FAILURE.exec(stripVTControlCharacters(line));
      if (failure !== null) names.add(failure[1].trim());
      if (!CLOSING.test(line)) print(line);
    }
  };
  await Promise.all([pass(child.stdout, console.log), pass(child.stderr, console.error)]);
  const code = await exit;
  // Without a closing line it never came to its end.
  const [passes, fails, skips] = closing === null ? ['0', '1', '0'] : closing.slice(1);
  const files = [...names].flatMap((name) => /^test\/\S+\.test\.ts/.exec(name) ?? []);
  return {
    passed: Number(passes),
    failed: code === 0 ? Number(fails) : Math.max(1, Number(fails)),
    skipped: Number(skips ?? '0'),
    names: [...names],
    files: closing === null ? [] : [...new Set(files)],
  };
}

async function outputOf(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks = await child.stdout.toArray();
  return Buffer.concat(chunks).toString().trim();
}
