import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { blocksOf, PROJECT, textOf } from '../support/documents.ts';
import { SPEC_ROOT, SPEC_RUN_ID } from '../support/fixtures.ts';
import { lacks } from '../support/needs.ts';
import { temporaryDirectory } from '../support/runs.ts';
import { SPEC_RUN } from '../support/spec.ts';

const BLOCKS = blocksOf(textOf('docs/embedding.md'));
const RECIPES = join(PROJECT, 'test/recipes');
const isSkipped = lacks(
  'the recipes of docs/embedding.md',
  'frameworks of recipes (npm ci --prefix test/recipes)',
);

/** A parser of the frameworks, where they are installed. */
function parseYaml(text: string): unknown {
  const yaml = createRequire(join(RECIPES, 'package.json'))('yaml') as { parse(text: string): unknown };
  return yaml.parse(text);
}

/** The block of this name. */
function recipe(name: string): string {
  return BLOCKS.find(({ info }) => info === name)!.code;
}

/** Compiles a recipe with a program that uses it, and imports that. */
async function load<T>(name: string, program: string): Promise<T> {
  const directory = temporaryDirectory();
  const outfile = join(directory, 'program.mjs');
  mkdirSync(join(directory, 'src'));
  symlinkSync(join(RECIPES, 'node_modules'), join(directory, 'node_modules'));
  writeFileSync(join(directory, 'src', name), recipe(name));
  await build({
    stdin: { contents: program, resolveDir: join(directory, 'src'), loader: 'ts' },
    alias: { 'backup-run-inspector': join(PROJECT, 'src/index.ts') },
    outfile,
    bundle: true,
    external: ['fastify', 'express', '@nestjs/*', '@opentelemetry/*', 'reflect-metadata'],
    format: 'esm',
    platform: 'node',
    target: 'node20',
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
    banner: { js: "import { createRequire as R } from 'node:module'; const require = R(import.meta.url);" },
  });
  return (await import(pathToFileURL(outfile).href)) as T;
}

/** A service that listens: where, and how it is closed. */
interface Service {
  start(root: string): Promise<{ readonly url: string; close(): Promise<void> }>;
}

const SERVICES = {
  'fastify.ts': `
    import { createApp } from './fastify.ts';
    export async function start(root) {
      const app = createApp(root);
      return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() };
    }`,
  'express.ts': `
    import { once } from 'node:events';
    import { createApp } from './express.ts';
    export async function start(root) {
      const { app, close } = createApp(root);
      const server = app.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const closeAll = async () => {
        const closed = once(server, 'close');
        server.close();
        server.closeAllConnections();
        await closed;
        await close();
      };
      return { url: 'http://127.0.0.1:' + server.address().port, close: closeAll };
    }`,
  'nestjs.ts': `
    import 'reflect-metadata';
    import { NestFactory } from '@nestjs/core';
    import { BackupRunsModule } from './nestjs.ts';
    export async function start(root) {
      process.env.BACKUP_ROOT = root;
      const app = await NestFactory.create(BackupRunsModule, { logger: false });
      await app.listen(0, '127.0.0.1');
      return { url: await app.getUrl(), close: () => app.close() };
    }`,
};

describe.skipIf(isSkipped)('the recipes', () => {
  it.each(Object.entries(SERVICES))(
    '%s answers with the run, and with the status of errors',
    async (...of) => {
      const { start } = await load<Service>(...of);
      const { url, close } = await start(SPEC_ROOT);
      const found = await fetch(`${url}/backup-runs/${SPEC_RUN_ID}`);
      expect([found.status, await found.json()]).toEqual([
        200,
        { run: SPEC_RUN, findings: [], complete: true },
      ]);
      const missing = await fetch(`${url}/backup-runs/none`);
      expect([missing.status, await missing.json()]).toEqual([404, { error: 'BACKUP_RUN_NOT_FOUND' }]);
      await close();
      await expect(fetch(url)).rejects.toThrow();
    },
  );

  it('opentelemetry.ts makes a span of an inspection, with what came of it', async () => {
    const { spans } = await load<{ spans(root: string): Promise<unknown[]> }>(
      'opentelemetry.ts',
      `
      import { trace } from '@opentelemetry/api';
      import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
      import { getBackupRun } from 'backup-run-inspector';
      import { traceInspections } from './opentelemetry.ts';
      export async function spans(root) {
        const exporter = new InMemorySpanExporter();
        trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
        traceInspections();
        await getBackupRun({ run_id: '${SPEC_RUN_ID}' }, { root });
        await getBackupRun({ run_id: 'none' }, { root });
        return exporter.getFinishedSpans().map(({ name, attributes, status }) => ({ name, attributes, status }));
      }`,
    );
    const name = 'inspect backup run';
    expect(await spans(SPEC_ROOT)).toEqual([
      {
        name,
        attributes: { level: 'digest', run_id: SPEC_RUN_ID, findings: 0, complete: true },
        status: { code: 0 },
      },
      { name, attributes: { level: 'digest' }, status: { code: 2, message: 'BACKUP_RUN_NOT_FOUND' } },
    ]);
  });

  it('cronjob.yaml is YAML, and retries what may be mended by that alone', () => {
    const rule = (action: string, values: number[]): object => ({
      action,
      onExitCodes: { containerName: 'verify', operator: 'In', values },
    });
    expect(parseYaml(recipe('cronjob.yaml'))).toMatchObject({
      kind: 'CronJob',
      spec: {
        jobTemplate: {
          spec: { podFailurePolicy: { rules: [rule('FailJob', [1, 2, 3]), rule('Count', [4])] } },
        },
      },
    });
  });
});

it.skipIf(isSkipped)('the workflow that publishes the reference runs scripts that there are', () => {
  const workflow = parseYaml(readFileSync(join(PROJECT, '.github/workflows/reference.yml'), 'utf8'));
  const { jobs } = workflow as { jobs: Record<string, { steps: { run?: string }[] }> };
  const runs = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
  const { scripts } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as { scripts: object };
  const named = runs.filter((run) => run !== 'npm ci').map((run) => run.replace(/^npm run /, ''));
  expect(named).toEqual(['docs']);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
});

describe('the units of systemd', () => {
  it.each(['backup-run-verify.service', 'backup-run-verify.timer'])(
    '%s have sections and settings',
    (name) => {
      const lines = recipe(name)
        .split('\n')
        .filter((line) => line !== '');
      expect(lines.filter((line) => !/^(?:\[[A-Z][a-z]+\]|[A-Z][A-Za-z]+=\S.*)$/.test(line))).toEqual([]);
    },
  );

  it.skipIf(lacks('the units of systemd', 'systemd-analyze'))('satisfy systemd-analyze', () => {
    const directory = temporaryDirectory();
    const names = ['backup-run-verify.service', 'backup-run-verify.timer'];
    const paths = names.map((name) => join(directory, name));
    for (const [index, path] of paths.entries()) writeFileSync(path, recipe(names[index]!));
    const { stderr, status } = spawnSync('systemd-analyze', ['verify', ...paths], { encoding: 'utf8' });
    expect({ status, complaints: stderr.split('\n').filter((line) => line.includes(directory)) }).toEqual({
      status: 0,
      complaints: [],
    });
  });
});
