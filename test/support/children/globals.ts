/** Does what an inspector can do in a process whose globals are not those of Node.js. */

import fs from 'node:fs';
import { createRequire } from 'node:module';
import { input, say } from './say.ts';

export interface GlobalsInput {
  readonly root: string;
  readonly runId: string;
  /** A run that takes its time to hash, and is damaged. */
  readonly largeId: string;
  readonly threads: number;
  readonly host: HostName;
  /** Whether the host does so before it loads the library. */
  readonly isFirst: boolean;
  /** The folder whose packages stand in for those of a host. */
  readonly packages: string;
}

/** What came of each call. */
export type GlobalsOutput = Readonly<Record<string, string>>;

const { root, runId, largeId, threads, host, isFirst, packages } = input() as GlobalsInput;
const load = createRequire(packages);

interface FakeTimers {
  install(): { tick(milliseconds: number): void };
}

interface Registered {
  register(): void;
}

let tick: (milliseconds: number) => void = () => undefined;

const HOSTS = {
  'nobody who touches anything': () => undefined,
  'the fake timers of sinon': () => {
    const fakes = load('@sinonjs/fake-timers') as FakeTimers;
    const clock = fakes.install();
    tick = (milliseconds) => clock.tick(milliseconds);
  },
  'zone.js': () => void load('zone.js/node'),
  'graceful-fs': () => {
    const { gracefulify } = load('graceful-fs') as { gracefulify: (module: unknown) => void };
    gracefulify(fs);
  },
  OpenTelemetry: () => {
    const { NodeTracerProvider } = load('@opentelemetry/sdk-trace-node') as {
      NodeTracerProvider: new () => Registered;
    };
    const { registerInstrumentations } = load('@opentelemetry/instrumentation') as {
      registerInstrumentations: (options: object) => void;
    };
    const { FsInstrumentation } = load('@opentelemetry/instrumentation-fs') as {
      FsInstrumentation: new () => object;
    };
    new NodeTracerProvider().register();
    registerInstrumentations({ instrumentations: [new FsInstrumentation()] });
    load('fs');
    load('fs/promises');
  },
  'what is added to every object': () => {
    for (const { prototype } of [Object, Array, Function]) Object.assign(prototype, { extra: () => 'extra' });
  },
  'a throwing process.emitWarning': () => {
    process.emitWarning = () => {
      throw new Error('a warning');
    };
  },
} satisfies Record<string, () => void>;

export type HostName = keyof typeof HOSTS;

/** Keeps this process alive whatever comes: fake timers of before must not end it, nor hold it. */
const alive = setInterval(() => undefined, 1_000);
const endLife = clearInterval;
if (isFirst) HOSTS[host]();
const { createCommandHandler, createInspector, createMemo, getBackupRun } =
  await import('../../../src/index.ts');
const { gzip, json, tar } = await import('../../../src/validators/index.ts');
if (!isFirst) HOSTS[host]();

const request = { run_id: runId };
const silent = { name: 'silent', applies: () => true, validate: () => new Promise<never>(() => undefined) };
const outcomes: Record<string, string> = {};

/** What it was answered with, or why it has none. */
async function note(name: string, call: Promise<unknown>): Promise<void> {
  outcomes[name] = await call.then(String, (reason: unknown) => `rejected: ${String(reason)}`);
}

async function codesOf(call: ReturnType<typeof getBackupRun>): Promise<string> {
  const answer = await call;
  return answer.ok ? answer.findings.map(({ code }) => code).join() || 'sound' : answer.error.code;
}

// No file that was just written may seem to be of yesterday.
tick(86_400_000);
const memo = createMemo({ maxAgeMs: 3_600_000 });
const inspector = createInspector({ root, threads, memo, validators: [json(), tar(), gzip()] });
await note('a run, with progress', codesOf(inspector.getBackupRun(request, { onProgress: () => undefined })));
const again = await inspector.getBackupRun(request);
outcomes['a run from the memo'] = again.ok ? String(again.coverage.fromMemo) : again.error.code;
await note('a run that is not there', codesOf(inspector.getBackupRun({ run_id: 'none' })));
await note('a generous budget', codesOf(inspector.getBackupRun(request, { timeBudgetMs: 86_400_000 })));
const slow = createInspector({ root, threads, maxBytesPerSecond: 1e6 });
const over = await slow.getBackupRun({ run_id: largeId }, { timeBudgetMs: 200 });
outcomes['a budget that is over'] = over.ok ? String(over.coverage.complete) : 'false';
await slow.close();
await note(
  'a validator that does nothing',
  codesOf(getBackupRun(request, { root, threads, stallTimeoutMs: 300, validators: [silent] })),
);
let rows = 0;
for await (const row of inspector.listBackupRuns({ sizes: true })) rows += row.ok ? 1 : 100;
outcomes['a listing'] = String(rows);
const handle = createCommandHandler(inspector, { timeBudgetMs: 86_400_000 });
const reply = await handle({ command: 'GetBackupRuns', data: { limit: 1 } }, { role: 'SESSION_ADMIN' });
outcomes['a command'] = 'rows' in reply ? String(reply.rows.length) : JSON.stringify(reply);
await note('an end', inspector.close());
endLife(alive);
say(outcomes satisfies GlobalsOutput);
