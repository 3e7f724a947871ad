// Measures the library beside what else checks files here, in one process, interleaved. It prints medians and ratios and
// judges nothing. `npm run bench -- --help` tells the options.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createInspector, createMemo } from 'backup-run-inspector';
import { makeRun, makeRuns, participant, RUN_ID, writeManifests } from './data.mjs';

const { values } = parseArgs({
  options: {
    large: { type: 'string', default: '4x64MiB' },
    small: { type: 'string', default: '2000x4KiB' },
    sparse: { type: 'string', default: '2GiB' },
    runs: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(`npm run bench -- [--large 4x512MiB] [--small 10000x4KiB] [--sparse 100GiB] [--runs 100000]
                 [--rounds 5] [--threads 2]`);
  process.exit();
}

const UNITS = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

function parseSize(text) {
  const [, number, unit] = /^(\d+)(B|KiB|MiB|GiB)$/.exec(text) ?? [];
  if (unit === undefined) throw new Error(`expected a size such as 64MiB, found ${text}`);
  return Number(number) * UNITS[unit];
}

function parseFiles(text) {
  const [count, size] = text.split('x');
  return { count: Number(count), size: parseSize(size) };
}

function median(times) {
  return times.toSorted((a, b) => a - b)[times.length >> 1];
}

async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function has(command, ...args) {
  const { error, status } = spawnSync(command, args, { stdio: 'ignore' });
  return error === undefined && status === 0;
}

function shell(command) {
  return () => {
    const { status, stderr } = spawnSync('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'pipe'] });
    if (status !== 0) throw new Error(`${command.slice(0, 80)}: ${status} ${stderr.toString()}`);
  };
}

/** What is installed here of the tools that check the same files, as whole processes. */
function peersFor({ path, directory }) {
  const every = `find ${path} -name 'artifact-*' -print0 | xargs -0`;
  const peers = {};
  if (has('openssl', 'version')) {
    peers['openssl dgst -sha256'] = shell(`${every} openssl dgst -sha256`);
    peers['xargs -P2 openssl dgst -sha256'] = shell(`${every} -P2 -n ${batch(path)} openssl dgst -sha256`);
  }
  if (has('sha256sum', '--version')) {
    peers['sha256sum -c'] = shell(`cd ${path} && sha256sum -c --quiet ${directory}/SHA256SUMS`);
  }
  const postgres = postgresVerifier();
  if (postgres !== null) {
    const ignored = '-i manifest.json -i participants';
    peers['pg_verifybackup -n'] = shell(
      `${postgres} -n -q ${ignored} -m ${directory}/backup_manifest ${path}`,
    );
  }
  if (has('rhash', '--version')) peers['rhash --sha256'] = shell(`${every} rhash --sha256`);
  return peers;
}

function batch(path) {
  return Math.max(1, Math.ceil((readdirSync(path).length - 2) / 8));
}

function postgresVerifier() {
  const places = ['pg_verifybackup'];
  try {
    for (const version of readdirSync('/usr/lib/postgresql')) {
      places.push(`/usr/lib/postgresql/${version}/bin/pg_verifybackup`);
    }
  } catch {
    // Not a Debian with PostgreSQL.
  }
  return places.find((place) => has(place, '--version')) ?? null;
}

async function inspect(inspector, options) {
  const answer = await inspector.getBackupRun({ run_id: RUN_ID }, options);
  if (!answer.ok) throw new Error(answer.error.message);
  return answer;
}

/** Inspectors that are closed at the end. */
const open = [];
function inspectorFor(options) {
  const inspector = createInspector(options);
  open.push(inspector);
  return inspector;
}

/** Runs ours and every peer in turn, round by round, after one round that does not count. */
async function compare(title, ours, peers) {
  const contenders = { [title]: ours, ...peers };
  const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round <= Number(values.rounds); round += 1) {
    for (const [name, work] of Object.entries(contenders)) {
      const time = await timed(work);
      if (round > 0) times[name].push(time);
    }
  }
  const own = median(times[title]);
  console.log(`\n${title}: ${own.toFixed(1)} ms`);
  for (const name of Object.keys(peers)) {
    const theirs = median(times[name]);
    console.log(`  ${(own / theirs).toFixed(2)} x ${name} (${theirs.toFixed(1)} ms)`);
  }
  return own;
}

const threads = Number(values.threads);
const workplace = mkdtempSync(join(tmpdir(), 'backup-run-inspector-bench-'));
const place = (name) => {
  const directory = join(workplace, name);
  mkdirSync(directory);
  return directory;
};

async function benchLarge() {
  const files = parseFiles(values.large);
  const run = makeRun(place('large'), files);
  const inspector = inspectorFor({ root: run.root, threads });
  await compare(`${values.large}, threads: ${threads}`, () => inspect(inspector), peersFor(run));
  const one = makeRun(place('one'), { ...files, count: 1 });
  const single = inspectorFor({ root: one.root, threads });
  await compare(`1x${values.large.split('x')[1]}`, () => inspect(single), peersFor(one));

  const memo = createMemo();
  const remembering = inspectorFor({ root: run.root, threads, memo });
  // What was touched within a minute is not remembered.
  await new Promise((resolve) => setTimeout(resolve, 61_000));
  await inspect(remembering);
  const { coverage } = await inspect(remembering);
  await compare(
    `${values.large} again with a memo (${coverage.bytesRead} bytes read)`,
    () => inspect(remembering),
    {},
  );
}

/** The command line, as it is built. */
const PROGRAM = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

async function benchSmall() {
  const run = makeRun(place('small'), parseFiles(values.small));
  const cold = async () => {
    const inspector = createInspector({ root: run.root, threads });
    await inspect(inspector);
    await inspector.close();
  };
  const peers = peersFor(run);
  const warm = inspectorFor({ root: run.root, threads });
  await compare(`${values.small}, threads: ${threads}, warm`, () => inspect(warm), peers);
  await compare(`${values.small}, threads: ${threads}, cold`, cold, peers);
  const typed = [process.execPath, PROGRAM, 'verify', '--threads', threads, '--root', run.root, RUN_ID];
  const title = `${values.small} through the command line, whole process`;
  await compare(title, shell(typed.map((word) => `'${word}'`).join(' ')), peers);
}

/** Event-loop delay in milliseconds while something goes on. */
async function delayDuring(work) {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await work();
  histogram.disable();
  return { p99: histogram.percentile(99) / 1e6, max: histogram.max / 1e6 };
}

function shown({ p99, max }) {
  return `p99 ${p99.toFixed(2)} ms, max ${max.toFixed(2)} ms`;
}

async function benchLoopAndMemory() {
  const run = makeRun(place('sparse'), { count: 1, size: parseSize(values.sparse), isSparse: true });
  const inspector = inspectorFor({ root: run.root });
  const idle = await delayDuring(() => new Promise((resolve) => setTimeout(resolve, 1_000)));
  const before = process.memoryUsage.rss();
  let peak = before;
  const sampling = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 50);
  const busy = await delayDuring(() => inspect(inspector));
  clearInterval(sampling);
  console.log(`\n${values.sparse} sparse, default threads (${Math.max(1, availableParallelism() - 1)})`);
  console.log(`  event-loop delay: idle ${shown(idle)}; hashing ${shown(busy)}`);
  console.log(`  peak RSS growth: ${((peak - before) / 2 ** 20).toFixed(1)} MiB`);
}

/** A run by hand: what twenty lines of a service would do that trusts its disk and its daemon. */
async function inspectByHand({ path }) {
  const { participants } = JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8'));
  for (const name of participants) {
    const { artifacts } = JSON.parse(await readFile(join(path, 'participants', `${name}.json`), 'utf8'));
    for (const artifact of artifacts) {
      const bytes = await readFile(join(path, artifact.path));
      const digest = createHash('sha256').update(bytes).digest('hex');
      if (bytes.length !== artifact.size_bytes || digest !== artifact.sha256) throw new Error(artifact.path);
    }
  }
}

function often(work) {
  return async () => {
    for (let index = 0; index < 50; index += 1) await work();
  };
}

async function benchOne() {
  const run = makeRun(place('single'), { count: 1, size: 4_096 });
  const inspector = inspectorFor({ root: run.root, threads });
  await compare(
    'one small run, warm, 50 times',
    often(() => inspect(inspector)),
    { 'by hand': often(() => inspectByHand(run)) },
  );
  const none = { level: 'none' };
  await compare(
    'one small run, level none, with an inspector of its own',
    async () => {
      const its = createInspector({ root: run.root, threads });
      await inspect(its, none);
      await its.close();
    },
    { 'with one that is warm': () => inspect(inspector, none) },
  );
}

/** The loop of the host while large inputs are inspected. */
async function benchLargeInputs() {
  const idle = await delayDuring(() => new Promise((resolve) => setTimeout(resolve, 500)));
  const many = join(place('claims'), 'backups');
  const artifacts = Array.from({ length: 50_000 }, (_, index) => ({
    logical_name: `artifact-${index}`,
    path: `sub/directory/artifact-${String(index).padStart(200, '0')}`,
    size_bytes: 1,
    sha256: '0'.repeat(64),
  }));
  writeManifests(join(many, 'completed', RUN_ID), [{ ...participant('bench'), artifacts }]);
  const unlisted = makeRun(place('unlisted'), { count: 1, size: 1 });
  for (let index = 0; index < 200_000; index += 1)
    writeFileSync(join(unlisted.path, `unlisted-${index}`), '');
  for (const [title, root] of [
    ['a manifest of 50,000 artifacts', many],
    ['200,000 unlisted files', unlisted.root],
  ]) {
    const inspector = inspectorFor({ root, threads });
    await inspect(inspector, { level: 'none' });
    const delay = await delayDuring(() => inspect(inspector));
    console.log(`\n${title}: event-loop delay ${shown(delay)}; idle ${shown(idle)}`);
  }
}

function hundred(inspector) {
  return async () => {
    for (let index = 0; index < 100; index += 1) await inspect(inspector, { level: 'none' });
  };
}

async function benchManyRuns() {
  const four = ['accounts', 'symbols', 'ticks', 'trades'].map((name) => ({
    ...participant(name),
    artifacts: [],
  }));
  const inspectorWith = (name, others) => {
    const root = join(place(name), 'backups');
    for (let index = 0; index < others; index += 1) {
      mkdirSync(join(root, 'completed', `20250101-000000-${String(index).padStart(6, '0')}`), {
        recursive: true,
      });
    }
    writeManifests(join(root, 'completed', RUN_ID), four);
    return inspectorFor({ root });
  };
  const few = inspectorWith('few', 10);
  const many = inspectorWith('many', Number(values.runs));
  await compare(`level none, 100 times, ${values.runs} runs beside it`, hundred(many), {
    'the same with 10 runs beside it': hundred(few),
  });
}

async function benchListing() {
  const root = makeRuns(place('listed'), Number(values.runs));
  const inspector = inspectorFor({ root });
  const list = async (filter, onRow = () => undefined) => {
    for await (const row of inspector.listBackupRuns(filter)) {
      if (!row.ok) throw new Error(row.error.message);
      onRow();
    }
  };
  await compare(`the newest 20 of ${values.runs} runs`, () => list({ limit: 20 }), {
    'all of them': () => list({}),
  });
  const completed = join(root, 'completed');
  await compare(`list of ${values.runs} runs`, () => list({}), {
    'by hand': async () => {
      for (const name of await readdir(completed))
        JSON.parse(await readFile(join(completed, name, 'manifest.json'), 'utf8'));
    },
  });
  const before = process.memoryUsage.rss();
  let [first, peak] = [0, 0];
  const delay = await delayDuring(() =>
    list({}, () => {
      const rss = process.memoryUsage.rss();
      if (first === 0) first = rss;
      peak = Math.max(peak, rss);
    }),
  );
  const grown = (rss) => `${((rss - before) / 2 ** 20).toFixed(1)} MiB`;
  console.log(`  listing all: event-loop delay ${shown(delay)}`);
  console.log(`  RSS growth: ${grown(first)} until the first row, ${grown(peak)} at its peak`);
}

try {
  console.log(
    `${availableParallelism()} processors, Node ${process.version}, median of ${values.rounds} rounds`,
  );
  await benchOne();
  await benchLarge();
  await benchSmall();
  await benchLoopAndMemory();
  await benchLargeInputs();
  await benchManyRuns();
  await benchListing();
} finally {
  for (const inspector of open) await inspector.close();
  rmSync(workplace, { recursive: true, force: true });
}
