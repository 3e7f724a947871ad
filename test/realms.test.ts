import { createRequire } from 'node:module';
import { createContext, runInContext, type Context } from 'node:vm';
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createCommandHandler, createInspector, getBackupRun, type Answer } from '../src/index.ts';
import { makeRun, RUN_ID } from './support/runs.ts';

const request = { run_id: RUN_ID };

/** Another realm, with what Node.js adds to this one. */
function realm(globals: object = {}): Context {
  return createContext({ AbortController, AbortSignal, Buffer, TextDecoder, TextEncoder, URL, ...globals });
}

/** A value that is made there. */
function made<T>(code: string, globals: object = {}): T {
  return runInContext(`(${code})`, realm(globals)) as T;
}

function codesOf(answer: Answer): string {
  return answer.ok ? answer.findings.map(({ code }) => code).join() || 'sound' : answer.error.code;
}

describe('what comes from another realm is taken as it is meant:', () => {
  it('requests, options, filters and limits', async () => {
    const { root } = makeRun();
    const asked = made<typeof request>(`{ run_id: '${RUN_ID}' }`);
    const options = made<{ root: string }>(`{ root: '${root}', limits: { artifacts: 5 }, validators: [] }`);
    expect(codesOf(await getBackupRun(asked, options))).toBe('sound');
    await using inspector = createInspector(options);
    const rows = inspector.listBackupRuns(made(`{ status: ['completed'], type: ['full'], limit: 1 }`));
    expect((await rows.next()).value).toHaveProperty('run.run_id', RUN_ID);
    expect((await inspector.listBackupRuns(made(`{ status: ['failed'] }`)).next()).done).toBe(true);
    await expect(inspector.listBackupRuns(made(`['completed']`)).next()).rejects.toThrow('found an array');
  });

  it('messages and sessions', async () => {
    await using inspector = createInspector({ root: makeRun().root });
    const handle = createCommandHandler(inspector, made('{ timeBudgetMs: 60000 }'));
    const session = made<{ role: string }>(`{ role: 'SESSION_ADMIN' }`);
    const message = made(`{ command: 'GetBackupRun', extID: 7, data: { run_id: '${RUN_ID}' } }`);
    expect(await handle(message, session)).toHaveProperty('status', 'completed');
    const list = made(`{ command: 'GetBackupRuns', data: { status: ['completed'], started_from: 0 } }`);
    expect(await handle(list, session)).toHaveProperty('rows.length', 1);
    const wrong = made(`{ command: 'GetBackupRuns', data: ['completed'] }`);
    expect(await handle(wrong, session)).toHaveProperty('error', 'INVALID_DATA');
  });

  it('a signal that only looks like one, and whatever it gives as its reason', async () => {
    const { root } = makeRun();
    const listeners = new Set<() => void>();
    const signal = made<AbortSignal>(
      `({
        aborted: false,
        reason: undefined,
        addEventListener: (_, listener) => listeners.add(listener),
        removeEventListener: (_, listener) => listeners.delete(listener),
        abort() {
          this.aborted = true;
          this.reason = new RangeError('of there');
          for (const listener of listeners) listener();
        },
      })`,
      { listeners },
    );
    const call = getBackupRun(request, { root, signal });
    (signal as unknown as { abort(): void }).abort();
    await expect(call).rejects.toMatchObject({ name: 'RangeError', message: 'of there' });
    await expect(getBackupRun(request, { root, signal })).rejects.toBe(signal.reason);
    expect(listeners.size).toBe(0);
  });

  it('what onProgress throws, and the promise that it returns', async () => {
    const { root } = makeRun();
    const calls = [
      `() => { throw new RangeError('of there') }`,
      `() => Promise.reject(new RangeError('of there'))`,
      `() => ({ then: (_, reject) => reject(new RangeError('of there')) })`,
    ];
    for (const code of calls) {
      const call = getBackupRun(request, { root, onProgress: made(code) });
      await expect(call).rejects.toMatchObject({ name: 'RangeError', message: 'of there' });
    }
  });

  it('what validators throw, say and promise', async () => {
    const { root } = makeRun();
    const judged = async (validate: string): Promise<string> => {
      const validator = made<never>(`{ name: 'there', applies: () => true, validate: ${validate} }`);
      const answer = await getBackupRun(request, { root, validators: made('[it]', { it: validator }) });
      return answer.ok ? answer.findings.map(({ actual }) => actual).join() : answer.error.code;
    };
    expect(await judged('() => ({ ok: true })')).toBe('');
    expect(await judged('async () => ({ ok: false, reason: "no rows" })')).toBe('no rows');
    expect(await judged('() => ({ then: (resolve) => resolve({ ok: true }) })')).toBe('');
    expect(await judged('() => { throw new RangeError("oops") }')).toBe('validator "there" failed: oops');
    expect(await judged('async () => { throw new RangeError("oops") }')).toBe(
      'validator "there" failed: oops',
    );
  });
});

describe('the library, loaded in another realm than that of Node.js,', () => {
  let bundling: Promise<string> | null = null;

  /** The library as a test runner loads it: in a realm of its own, with modules of this one. */
  async function loaded(): Promise<typeof import('../src/index.ts')> {
    bundling ??= build({
      entryPoints: [fileURLToPath(new URL('../src/index.ts', import.meta.url))],
      bundle: true,
      write: false,
      format: 'cjs',
      platform: 'node',
      define: { 'import.meta.url': JSON.stringify(import.meta.url) },
      // An import needs a loader of modules, which this realm has none of.
      supported: { 'dynamic-import': false },
    }).then(({ outputFiles: [file] }) => file!.text);
    const module = { exports: {} };
    const globals = { module, exports: module.exports, require: createRequire(import.meta.url) };
    runInContext(await bundling, realm({ ...globals, process, queueMicrotask }));
    return module.exports as typeof import('../src/index.ts');
  }

  it.each([2, 0])('knows the faults of the system, with %i threads', async (threads) => {
    const library = await loaded();
    const run = makeRun({ trades: { artifacts: [{ logical_name: 'none', size_bytes: 1 }] } });
    const options = { root: run.root, threads };
    expect(codesOf(await library.getBackupRun(request, options))).toBe('ARTIFACT_MISSING,ARTIFACT_UNLISTED');
    expect(codesOf(await library.getBackupRun({ run_id: 'none' }, options))).toBe('BACKUP_RUN_NOT_FOUND');
    const nowhere = { root: `${run.root}/none`, threads };
    expect(await library.getBackupRun(request, nowhere)).toMatchObject({ error: { errno: 'ENOENT' } });
  });

  it('works beside the one of this realm, with its memo', async () => {
    const library = await loaded();
    const { root } = makeRun();
    const memo = library.createMemo();
    expect(codesOf(await getBackupRun(request, { root, memo }))).toBe('sound');
    // The symbol of `await using` is of a realm, too.
    const inspector = library.createInspector({ root, memo });
    const handle = createCommandHandler(inspector);
    const reply = await handle({ command: 'GetBackupRun', data: request }, { role: 'SESSION_ADMIN' });
    expect(reply).toHaveProperty('run_id', RUN_ID);
    await inspector.close();
  });
});
