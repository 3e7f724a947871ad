/** Has a call of an inspector end in one of many ways, and closes nothing: then the process must end by itself. */

import { writeSync } from 'node:fs';
import { createCommandHandler, createInspector, createMemo, getBackupRun } from '../../../src/index.ts';
import type { Answer, Inspector, InspectorOptions, Validation, Validator } from '../../../src/index.ts';
import { gzip, json, sqlite, tar, zstd } from '../../../src/validators/index.ts';
import { input } from './say.ts';

export interface EndingInput {
  readonly root: string;
  /** A sound run. */
  readonly runId: string;
  /** A run whose manifest is no JSON. */
  readonly brokenId: string;
  /** A run that takes its time to hash, and is damaged. */
  readonly largeId: string;
  readonly threads: number;
  readonly ending: EndingName;
}

const { root, runId, brokenId, largeId, threads, ending } = input() as EndingInput;

const inspectorWith = (options: Partial<InspectorOptions> = {}): Inspector =>
  createInspector({ root, threads, ...options });
const sound = { run_id: runId };
const large = { run_id: largeId };

function nameOf(answer: Answer | Validation): string {
  return answer.ok ? 'ok' : answer.error.code;
}

async function outcomeOf(call: Promise<Answer | Validation>): Promise<string> {
  return call.then(nameOf, (reason: unknown) => `rejected: ${String(reason)}`);
}

/** How far it came in its time depends on the machine. */
async function overIn(
  timeBudgetMs: number,
  request: { run_id: string },
  inspector: Inspector,
): Promise<string> {
  const outcome = await outcomeOf(inspector.getBackupRun(request, { timeBudgetMs }));
  return ['ok', 'BUSY'].includes(outcome) ? 'over' : outcome;
}

/** A validator that applies to everything and does what it is told to do. */
function doing(validate: Validator['validate']): Validator {
  return { name: 'test', applies: () => true, validate };
}

/** Aborts the inspection of the large run when it is at some stage of it. */
async function aborted(
  at: 'hash' | 'before' | 'begin',
  abort: () => void,
  signal: AbortSignal,
): Promise<string> {
  if (at === 'before') abort();
  const onProgress = (): void => void (at === 'hash' && abort());
  const call = outcomeOf(inspectorWith().getBackupRun(large, { signal, onProgress }));
  if (at === 'begin') abort();
  return call;
}

function abortedAt(at: 'hash' | 'before' | 'begin'): Promise<string> {
  const controller = new AbortController();
  return aborted(at, () => controller.abort('enough'), controller.signal);
}

async function nextOf(rows: AsyncIterator<{ readonly ok: boolean }>): Promise<string> {
  const { done, value } = await rows.next();
  return done === true ? 'done' : String(value.ok);
}

const everyValidator = (): Validator[] => [gzip(), json(), sqlite(), tar(), zstd()];

const ENDINGS = {
  'nothing was asked': async () => typeof inspectorWith(),
  'it was found': () => outcomeOf(inspectorWith().getBackupRun(sound)),
  'it was found without hashing': () => outcomeOf(inspectorWith().getBackupRun(sound, { level: 'none' })),
  'it was found, and progress told': () =>
    outcomeOf(inspectorWith().getBackupRun(sound, { onProgress: () => undefined })),
  'it is a restore point': () => outcomeOf(inspectorWith().validateBackupRun(sound)),
  'it is no restore point': () => outcomeOf(inspectorWith().validateBackupRun(large, { level: 'none' })),
  'it was not found': () => outcomeOf(inspectorWith().getBackupRun({ run_id: 'no-such-run' })),
  'it could be no run id': () => outcomeOf(inspectorWith().getBackupRun({ run_id: '../..' })),
  'the request was none': () => outcomeOf(inspectorWith().getBackupRun({} as never)),
  'there is no root': () => outcomeOf(inspectorWith({ root: `${root}/none` }).getBackupRun(sound)),
  'the manifest is invalid': () => outcomeOf(inspectorWith().getBackupRun({ run_id: brokenId })),
  'an option was wrong': () => outcomeOf(inspectorWith().getBackupRun(sound, { level: 'all' as 'none' })),
  'it was aborted before': () => abortedAt('before'),
  'it was aborted as it began': () => abortedAt('begin'),
  'it was aborted while it hashed': () => abortedAt('hash'),
  'it was aborted by a timeout': () =>
    outcomeOf(inspectorWith().getBackupRun(large, { signal: AbortSignal.timeout(1) })),
  'onProgress threw': () =>
    outcomeOf(
      inspectorWith().getBackupRun(large, {
        onProgress() {
          throw new Error('no');
        },
      }),
    ),
  'onProgress rejected': () =>
    outcomeOf(
      inspectorWith().getBackupRun(large, {
        onProgress: () => Promise.reject(new Error('no')),
      }),
    ),
  'the time budget was 0': () => outcomeOf(inspectorWith().getBackupRun(sound, { timeBudgetMs: 0 })),
  'the time budget was over': () => overIn(100, large, inspectorWith()),
  'no time budget was needed': () => outcomeOf(inspectorWith().getBackupRun(sound, { timeBudgetMs: 1e9 })),
  'it had an inspector of its own': () => outcomeOf(getBackupRun(sound, { root, threads })),
  'many were asked for at once': async () => {
    const inspector = inspectorWith();
    const calls = Array.from({ length: 20 }, () => outcomeOf(inspector.getBackupRun(sound)));
    return [...new Set(await Promise.all(calls))].join();
  },
  'the answer is not waited for': async () => {
    const controller = new AbortController();
    void outcomeOf(inspectorWith().getBackupRun(large, { signal: controller.signal }));
    await outcomeOf(inspectorWith().getBackupRun(sound));
    controller.abort();
    return 'left';
  },
  'it was answered from a memo': async () => {
    const inspector = inspectorWith({ memo: createMemo() });
    await inspector.getBackupRun(sound);
    return outcomeOf(inspector.getBackupRun(sound));
  },
  'the rate is limited': () => overIn(100, large, inspectorWith({ maxBytesPerSecond: 1e6 })),
  'all runs were listed': async () => {
    let rows = 0;
    for await (const { ok } of inspectorWith().listBackupRuns()) rows += ok ? 1 : 100;
    return String(rows);
  },
  'a listing was dropped half-way': () => nextOf(inspectorWith().listBackupRuns()),
  'a listing was never begun': async () => typeof inspectorWith().listBackupRuns().next,
  'a listing was ended': async () => {
    const rows = inspectorWith().listBackupRuns();
    await rows.next();
    return `done: ${String((await rows.return()).done)}`;
  },
  'a listing was left by break': async () => {
    for await (const { ok } of inspectorWith().listBackupRuns({ limit: 1 })) return String(ok);
    return 'none';
  },
  'a listing was aborted': async () => {
    const controller = new AbortController();
    const rows = inspectorWith().listBackupRuns({ signal: controller.signal });
    await rows.next();
    controller.abort('enough');
    return nextOf(rows).catch((reason: unknown) => `rejected: ${String(reason)}`);
  },
  'run ids were dropped half-way': () => nextOf(inspectorWith().listRunIds()),
  'a filter was wrong': () =>
    nextOf(inspectorWith().listBackupRuns({ limit: -1 })).catch((reason: Error) => reason.name),
  'a command was answered': async () => {
    const handle = createCommandHandler(inspectorWith(), { timeBudgetMs: 1e9 });
    const session = { role: 'SESSION_ADMIN' };
    const [found, refused, list] = await Promise.all([
      handle({ command: 'GetBackupRun', data: sound }, session),
      handle({ command: 'GetBackupRun', data: sound }, {}),
      handle({ command: 'GetBackupRuns', data: {} }, session),
    ]);
    return [found, refused, list].map((reply) => ('error' in reply ? reply.error : 'ok')).join();
  },
  'a command was aborted': async () => {
    const controller = new AbortController();
    const handle = createCommandHandler(inspectorWith(), { timeBudgetMs: 1e9 });
    const message = { command: 'GetBackupRun', data: large };
    const reply = handle(message, { role: 'SESSION_ADMIN' }, { signal: controller.signal });
    controller.abort('enough');
    return reply.then(
      () => 'replied',
      (reason: unknown) => `rejected: ${String(reason)}`,
    );
  },
  'contents were validated': () =>
    outcomeOf(inspectorWith({ validators: everyValidator() }).getBackupRun(sound)),
  'a validation was aborted': async () => {
    const controller = new AbortController();
    const validator = doing(async (file) => {
      for await (const { length } of file.chunks()) if (length > 0) controller.abort('enough');
      return { ok: true };
    });
    const inspector = inspectorWith({ validators: [validator, ...everyValidator()] });
    return outcomeOf(inspector.getBackupRun(sound, { signal: controller.signal }));
  },
  'a validator never ended': () =>
    overIn(300, sound, inspectorWith({ validators: [doing(() => new Promise(() => undefined))] })),
  'a validator threw': () =>
    outcomeOf(
      inspectorWith({
        validators: [
          doing(() => {
            throw new Error('no');
          }),
        ],
      }).getBackupRun(sound),
    ),
  // The test orders the storage to hang, and says when it does.
  'storage hung, and the call was aborted': () => {
    const controller = new AbortController();
    process.once('SIGUSR2', () => controller.abort('enough'));
    return outcomeOf(inspectorWith().getBackupRun(sound, { signal: controller.signal }));
  },
  'storage hung, and the file was told as stalled': () =>
    outcomeOf(inspectorWith({ stallTimeoutMs: 200 }).getBackupRun(sound)),
} satisfies Record<string, () => Promise<string>>;

export type EndingName = keyof typeof ENDINGS;

process.once('exit', (code) => writeSync(1, `${JSON.stringify({ outcome, code })}\n`));
let outcome = 'never';
outcome = await ENDINGS[ending]();
