import { createHook } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createCommandHandler,
  createInspector,
  type CommandHandler,
  type CommandSession,
  type Inspector,
  type InspectorOptions,
  type Reply,
} from '../../src/index.ts';
import { beingRead, letGo } from '../support/descriptors.ts';
import { CASES, SPEC_ROOT, SPEC_RUN_ID } from '../support/fixtures.ts';
import { makeLargeRun } from '../support/large-run.ts';
import { makeRun, RUN_ID, temporaryDirectory, tradesRecord, type RunToMake } from '../support/runs.ts';
import { SPEC_ROW, SPEC_RUN, SPEC_TEXT } from '../support/spec.ts';
import { warnings } from '../support/warnings.ts';

const ADMIN: CommandSession = { role: 'SESSION_ADMIN' };
const COMMANDS = ['GetBackupRun', 'ValidateBackupRun', 'GetBackupRuns', 'GetBackupsList'];
const data = { run_id: SPEC_RUN_ID };

/** Data that a command takes. */
function dataOf(command: string): object {
  return command.endsWith('s') || command.endsWith('List') ? {} : data;
}

/** An inspector that is closed when the test ends. */
function inspectorOf(root: string, options: Omit<InspectorOptions, 'root'> = {}): Inspector {
  const inspector = createInspector({ root, ...options });
  onTestFinished(() => inspector.close());
  return inspector;
}

function handlerOf(root = SPEC_ROOT): CommandHandler {
  return createCommandHandler(inspectorOf(root));
}

const HTTP_CODES = {
  INVALID_DATA: 400,
  ACCESS_DENIED: 403,
  UNKNOWN_COMMAND: 404,
  BACKUP_RUN_NOT_FOUND: 404,
  BACKUP_RUN_AMBIGUOUS: 409,
  BACKUP_RUN_NOT_RESTORABLE: 409,
  BUSY: 503,
  UNSUPPORTED: 500,
} as const;

/** All of a reply that says why not. */
function refusal(error: keyof typeof HTTP_CODES, envelope: object = {}): object {
  return { ...envelope, error, http_code: HTTP_CODES[error], description: expect.stringMatching(/^Cannot /) };
}

/** An object whose every property throws, or whatever else is done with it. */
function hostile(): object {
  const refuse = (): never => {
    throw new Error('hostile');
  };
  // By symbols fast-check looks whether it can clone a value.
  const refuseText = (_: object, key: string | symbol): boolean => typeof key !== 'symbol' && refuse();
  return new Proxy(
    {},
    {
      get: refuseText,
      has: refuseText,
      ownKeys: refuse,
      getPrototypeOf: refuse,
      getOwnPropertyDescriptor: refuse,
    },
  );
}

/** An object with a property that must not be looked at. */
function untouchable(object: object, ...keys: readonly string[]): object {
  for (const key of keys) {
    Object.defineProperty(object, key, {
      enumerable: true,
      get: () => {
        throw new Error(`${key} was looked at`);
      },
    });
  }
  return object;
}

/** What throws whenever it is touched. */
function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

it('handle() replies to what cannot even be asked what it is, wherever it stands', async () => {
  const handle = handlerOf();
  const list = { command: 'GetBackupRuns' };
  const inspect = { command: 'GetBackupRun' };
  expect(await handle(revoked(), ADMIN)).toEqual(refusal('UNKNOWN_COMMAND'));
  expect(await handle({ command: revoked(), data }, ADMIN)).toEqual(refusal('UNKNOWN_COMMAND'));
  expect(await handle({ ...inspect, data }, revoked())).toEqual(refusal('ACCESS_DENIED'));
  expect(await handle({ ...inspect, data: revoked() }, ADMIN)).toEqual(refusal('INVALID_DATA'));
  expect(await handle({ ...inspect, data: { run_id: revoked() } }, ADMIN)).toEqual(refusal('INVALID_DATA'));
  expect(await handle({ ...inspect, extID: revoked(), data }, ADMIN)).toEqual(SPEC_RUN);
  for (const key of ['status', 'type', 'trigger', 'limit', 'started_from', 'started_to'])
    expect(await handle({ ...list, data: { [key]: revoked() } }, ADMIN), key).toEqual(
      refusal('INVALID_DATA'),
    );
});

describe('handle()', () => {
  it('answers the request of the spec with its response and extID, which stands first', async () => {
    const reply = await handlerOf()({ command: 'GetBackupRun', extID: '1', data }, ADMIN);
    expect(JSON.stringify(reply)).toBe(SPEC_TEXT.replace('{', '{"extID":"1",'));
  });

  it('answers ValidateBackupRun with the run and `ok: true`, or with why not', async () => {
    const handle = handlerOf();
    const message = { command: 'ValidateBackupRun', extID: 7, data };
    expect(await handle(message, ADMIN)).toEqual({ extID: 7, ...SPEC_RUN, ok: true });
    const { root, request } = CASES.find(({ name }) => name === 'damaged/digest-same-length')!;
    const damaged = { command: 'ValidateBackupRun', extID: 'd', data: request };
    expect(await handlerOf(root)(damaged, ADMIN)).toEqual(
      refusal('BACKUP_RUN_NOT_RESTORABLE', { extID: 'd' }),
    );
  });

  it.each(['GetBackupRuns', 'GetBackupsList'])('answers %s with rows', async (command) => {
    const handle = handlerOf();
    expect(await handle({ command, extID: '1' }, ADMIN)).toEqual({ extID: '1', rows: [SPEC_ROW] });
    expect(await handle({ command, data: {} }, ADMIN)).toEqual({ rows: [SPEC_ROW] });
  });

  it.each(CASES.map((each) => [each.name, each] as const))(
    'says of %s what the fixture says',
    async (_, each) => {
      // A key of another case is one that a command does not know, and says so.
      if (each.options !== undefined || each.name === 'refused/invalid-data-other-case') return;
      const reply = await handlerOf(each.root)(
        { command: 'GetBackupRun', extID: 'x', data: each.request },
        ADMIN,
      );
      const { answer } = each;
      if (answer.ok) expect(reply).toEqual({ extID: 'x', ...answer.run });
      else {
        const { code, httpCode, message } = answer.error;
        expect(reply).toEqual({ extID: 'x', error: code, http_code: httpCode, description: message });
      }
    },
  );
});

describe('handle() judges the role first', () => {
  const DENIED: [string, unknown][] = [
    ['no session', undefined],
    ['null', null],
    ['a session without a role', {}],
    ['the role itself', 'SESSION_ADMIN'],
    ['a String object', { role: new String('SESSION_ADMIN') }],
    ['an array of the role', { role: ['SESSION_ADMIN'] }],
    ['an object that becomes the role', { role: { toString: () => 'SESSION_ADMIN' } }],
    ['null for a role', { role: null }],
    ['a number', { role: 1 }],
    ['true', { role: true }],
    ['another role', { role: 'SESSION_TRADER' }],
    ['nothing in it', { role: '' }],
    ['another case', { role: 'session_admin' }],
    ['spaces', { role: ' SESSION_ADMIN' }],
    ['a line break', { role: 'SESSION_ADMIN\n' }],
    ['both roles', { role: 'SESSION_ADMIN,SESSION_MANAGER' }],
    ['a name of every object', { role: 'constructor' }],
    ['roles', { roles: ['SESSION_ADMIN'] }],
    ['a getter that throws', untouchable({}, 'role')],
    ['a hostile object', hostile()],
  ];

  it.each(DENIED)('and denies access with %s, whatever is asked', async (_, session) => {
    const handle = handlerOf();
    for (const command of [...COMMANDS, 'no command', undefined]) {
      const reply = await handle({ command, extID: '1', data }, session as CommandSession);
      expect(reply).toEqual(refusal('ACCESS_DENIED', { extID: '1' }));
    }
  });

  it.each(['SESSION_ADMIN', 'SESSION_MANAGER'])('and lets %s ask', async (role) => {
    expect(await handlerOf()({ command: 'GetBackupRun', data }, { role })).toEqual(SPEC_RUN);
  });

  it('and not what the message says of it', async () => {
    const message = {
      command: 'GetBackupRun',
      data: { ...data, role: 'SESSION_ADMIN' },
      role: 'SESSION_ADMIN',
    };
    expect(await handlerOf()(message, { role: 'SESSION_TRADER' })).toEqual(refusal('ACCESS_DENIED'));
  });

  it('and looks at neither command nor data when it denies access', async () => {
    const looked: string[] = [];
    const message = {
      extID: '1',
      get command() {
        looked.push('command');
        return 'GetBackupRun';
      },
      get data() {
        looked.push('data');
        return data;
      },
    };
    const handle = handlerOf();
    expect(await handle(message, {})).toEqual(refusal('ACCESS_DENIED', { extID: '1' }));
    expect(looked).toEqual([]);
    expect(await handle(message, ADMIN)).toEqual({ extID: '1', ...SPEC_RUN });
    expect(looked).toEqual(['command', 'data']);
  });
});

describe('handle() judges the command before the data', () => {
  const UNKNOWN: [string, unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['a number', 1],
    ['an array of one', ['GetBackupRun']],
    ['a String object', new String('GetBackupRun')],
    ['an object', { toString: () => 'GetBackupRun' }],
    ['a symbol', Symbol('GetBackupRun')],
    ['a bigint', 1n],
    ['a function', () => 'GetBackupRun'],
    ['nothing in it', ''],
    ['another case', 'getbackuprun'],
    ['spaces', 'GetBackupRun '],
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'getBackupRun', 'close'].map(
      (name): [string, unknown] => [name, name],
    ),
    ['a hostile object', hostile()],
  ];

  it.each(UNKNOWN)('and does not know %s', async (_, command) => {
    const message = untouchable({ command, extID: '1' }, 'data');
    expect(await handlerOf()(message, ADMIN)).toEqual(refusal('UNKNOWN_COMMAND', { extID: '1' }));
  });

  it('and escapes and cuts one that it does not know', async () => {
    const reply = await handlerOf()({ command: `\u001b[2J\u202e${'x'.repeat(1e6)}` }, ADMIN);
    expect(reply).toEqual(refusal('UNKNOWN_COMMAND'));
    expect(JSON.stringify(reply).length).toBeLessThan(1_000);
    for (const bad of ['\u001b', '\u202e'])
      expect('description' in reply && reply.description).not.toContain(bad);
  });

  const MESSAGES: [string, unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['a string', 'GetBackupRun'],
    ['a number', 0],
    ['an array', ['GetBackupRun', '1', data]],
    ['a function', () => undefined],
    ['nothing', {}],
    ['a hostile object', hostile()],
    ['a command that throws', untouchable({}, 'command')],
    ['the name of the command in another case', { Command: 'GetBackupRun' }],
  ];

  it.each(MESSAGES)('and finds none in a message that is %s', async (_, message) => {
    expect(await handlerOf()(message, ADMIN)).toEqual(refusal('UNKNOWN_COMMAND'));
  });
});

describe('handle() judges the data last', () => {
  const BAD: [string, unknown][] = [
    ['nothing', undefined],
    ['null', null],
    ['an empty object', {}],
    ['an array', [SPEC_RUN_ID]],
    ['an array with a run_id', Object.assign([], data)],
    ['the run id alone', SPEC_RUN_ID],
    ['a number', 20260629],
    ['an array for the run id', { run_id: [SPEC_RUN_ID] }],
    ['an object for it', { run_id: { toString: () => SPEC_RUN_ID } }],
    ['a String object for it', { run_id: new String(SPEC_RUN_ID) }],
    ['null for it', { run_id: null }],
    ['a number for it', { run_id: 1 }],
    ['another name', { runId: SPEC_RUN_ID }],
    ['a run_id that throws', untouchable({}, 'run_id')],
    ['a hostile object', hostile()],
  ];

  it.each(BAD)('and takes no run id from %s', async (_, bad) => {
    const handle = handlerOf();
    for (const command of ['GetBackupRun', 'ValidateBackupRun']) {
      const reply = await handle({ command, extID: '1', data: bad }, ADMIN);
      expect(reply, command).toEqual(refusal('INVALID_DATA', { extID: '1' }));
    }
  });

  it('and survives data that throws when it is looked at', async () => {
    const handle = handlerOf();
    for (const command of ['GetBackupRun', 'ValidateBackupRun'])
      expect(await handle(untouchable({ command }, 'data'), ADMIN)).toEqual(refusal('INVALID_DATA'));
  });

  it.each(['', '..', '__proto__', 'a/b', `${SPEC_RUN_ID}\0`, '*', '20260629-121045-000002'])(
    'and does not find a run %j',
    async (runId) => {
      const handle = handlerOf();
      for (const command of ['GetBackupRun', 'ValidateBackupRun']) {
        const reply = await handle({ command, data: { run_id: runId } }, ADMIN);
        expect(reply).toEqual(refusal('BACKUP_RUN_NOT_FOUND'));
      }
    },
  );
});

describe('handle() echoes extID', () => {
  const ECHOED: unknown[] = ['1', '', '__proto__', '😀\ud800', 1, 0, -1, 0.5, 1e300];
  const DROPPED: [string, unknown][] = [
    ['nothing', undefined],
    ['null', null],
    ['true', true],
    ['an object', { toString: () => '1' }],
    ['an array', ['1']],
    ['a String object', new String('1')],
    ['a symbol', Symbol('1')],
    ['a bigint', 1n],
    ['NaN, which JSON has not', Number.NaN],
    ['Infinity, which JSON has not', Infinity],
  ];
  const MESSAGES = [
    { command: 'GetBackupRun', data },
    { command: 'GetBackupRuns' },
    { command: 'GetBackupRun' },
    { command: 'GetBackupRuns', data: { limit: -1 } },
    { command: '?' },
  ];

  it.each(ECHOED)('that is %j', async (extID) => {
    const handle = handlerOf();
    for (const message of MESSAGES) {
      const reply = await handle({ ...message, extID }, ADMIN);
      expect(Object.keys(reply)[0]).toBe('extID');
      expect(reply.extID).toBe(extID);
    }
    expect((await handle({ extID }, {})).extID).toBe(extID);
  });

  it.each(DROPPED)('and leaves out %s', async (_, extID) => {
    const handle = handlerOf();
    for (const message of MESSAGES)
      expect(await handle({ ...message, extID }, ADMIN)).not.toHaveProperty('extID');
    expect(await handle({ extID }, {})).not.toHaveProperty('extID');
  });

  it('and leaves out one that throws, and goes on', async () => {
    const message = untouchable({ command: 'GetBackupRun', data }, 'extID');
    expect(await handlerOf()(message, ADMIN)).toEqual(SPEC_RUN);
  });
});

/** A root with one run of every kind, newest last. */
function makeSome(): string {
  const root = temporaryDirectory();
  const some: (RunToMake & { runId: string })[] = [
    { runId: 'a', manifest: { started_at: 10, type: 'full', trigger: 'manual' } },
    {
      runId: 'b',
      directory: 'failed',
      manifest: {
        started_at: 20,
        type: 'scoped',
        trigger: 'cron',
        status: 'failed',
        requested_participants: ['trades'],
      },
    },
    {
      runId: 'c',
      directory: 'cancelled',
      manifest: { started_at: 30, trigger: 'pre_update', status: 'cancelled' },
    },
    {
      runId: 'd',
      directory: 'timeout',
      manifest: { started_at: 40, trigger: 'shutdown', status: 'timeout' },
    },
    {
      runId: 'e',
      directory: '.running',
      manifest: { started_at: 50, trigger: 'cron', status: 'running', finished_at: 0 },
    },
    { runId: 'f', directory: 'partial', manifest: { started_at: 60, status: 'partial', trigger: 'manual' } },
  ];
  for (const run of some) makeRun({ ...run, root });
  return root;
}

/** Run ids of the rows of a reply. */
function idsOf(reply: Reply): string {
  if (!('rows' in reply)) throw new Error(JSON.stringify(reply));
  return reply.rows.map(({ run_id: runId }) => runId).join('');
}

describe('GetBackupRuns', () => {
  const FILTERS: [object, string][] = [
    [{}, 'fedcba'],
    [{ status: ['completed'] }, 'a'],
    [{ status: ['running', 'partial', 'running'] }, 'fe'],
    [{ status: ['failed', 'cancelled', 'timeout'] }, 'dcb'],
    [{ status: [] }, ''],
    [{ type: ['full'] }, 'fedca'],
    [{ type: ['scoped'] }, 'b'],
    [{ trigger: ['manual'] }, 'fa'],
    [{ trigger: ['cron', 'pre_update', 'shutdown'] }, 'edcb'],
    [{ started_from: 30 }, 'fedc'],
    [{ started_from: 31 }, 'fed'],
    [{ started_to: 30 }, 'cba'],
    [{ started_to: 29 }, 'ba'],
    [{ started_from: 20, started_to: 40 }, 'dcb'],
    [{ started_from: 40, started_to: 20 }, ''],
    [{ started_from: 0, started_to: Number.MAX_SAFE_INTEGER }, 'fedcba'],
    [{ limit: 0 }, ''],
    [{ limit: 1 }, 'f'],
    [{ limit: 3 }, 'fed'],
    [{ limit: 100 }, 'fedcba'],
    [{ limit: 2, trigger: ['cron', 'manual'] }, 'fe'],
    [{ limit: 2, trigger: ['cron', 'manual'], started_to: 50, type: ['full'] }, 'ea'],
    [{ unknown: undefined, limit: undefined }, 'fedcba'],
  ];

  it.each(FILTERS)('takes %j', async (filter, ids) => {
    const root = makeSome();
    expect(idsOf(await handlerOf(root)({ command: 'GetBackupRuns', data: filter }, ADMIN))).toBe(ids);
  });

  const WRONG: unknown[] = [
    null,
    [],
    ['completed'],
    'completed',
    1,
    true,
    { status: 'completed' },
    { status: null },
    { status: ['done'] },
    { status: ['Completed'] },
    { status: [['completed']] },
    { status: [null] },
    { status: { 0: 'completed', length: 1 } },
    { status: ['__proto__'] },
    { type: 'full' },
    { type: ['full', 'other'] },
    { trigger: 'cron' },
    { trigger: [1] },
    { started_from: '10' },
    { started_from: null },
    { started_from: -1 },
    { started_from: 0.5 },
    { started_from: Number.NaN },
    { started_from: Infinity },
    { started_from: 2 ** 53 },
    { started_from: [10] },
    { started_to: '10' },
    { started_to: -1 },
    { started_to: new Date(0) },
    { limit: '1' },
    { limit: -1 },
    { limit: 1.5 },
    { limit: Infinity },
    { limit: null },
    { limit: true },
    { unknown: 1 },
    { startedFrom: 50 },
    { participants: true },
    untouchable({}, 'status'),
    hostile(),
  ];

  it.each(WRONG.map((wrong, index) => [index, wrong] as const))('refuses wrong data %i', async (_, wrong) => {
    const handle = handlerOf();
    for (const command of ['GetBackupRuns', 'GetBackupsList']) {
      const reply = await handle({ command, extID: 0, data: wrong }, ADMIN);
      expect(reply).toEqual(refusal('INVALID_DATA', { extID: 0 }));
    }
  });

  it('says what it was given in place of a message, or of a command', async () => {
    const expected =
      'Cannot run the command: expected GetBackupRun, ValidateBackupRun, GetBackupRuns, GetBackupsList';
    const asked: [unknown, string][] = [
      ['{"command":"GetBackupRuns"}', 'a message that is "{\\"command\\":\\"GetBackupRuns\\"}"'],
      [undefined, 'a message that is nothing'],
      [{}, 'nothing'],
      [{ command: 'getBackupRun' }, '"getBackupRun"'],
      [{ command: [] }, 'an array'],
    ];
    for (const [message, found] of asked)
      expect(await handlerOf()(message, ADMIN)).toHaveProperty('description', `${expected}, found ${found}`);
  });

  it('says which key is unknown, and which one was probably meant', async () => {
    const reply = await handlerOf()({ command: 'GetBackupRuns', data: { startedFrom: 50 } }, ADMIN);
    expect(reply).toMatchObject({
      error: 'INVALID_DATA',
      description: 'Cannot list backup runs: data: unknown key "startedFrom"; did you mean started_from?',
    });
    for (const command of ['GetBackupRun', 'ValidateBackupRun']) {
      const meant = await handlerOf()({ command, data: { runid: 'x' } }, ADMIN);
      const hint = 'data: expected no key but run_id, found "runid"; did you mean run_id?';
      expect(meant).toHaveProperty('description', `Cannot inspect a backup run: ${hint}`);
      const refused = await handlerOf()({ command, data: { ...data, level: 'none' } }, ADMIN);
      expect(refused).toMatchObject({
        error: 'INVALID_DATA',
        description: 'Cannot inspect a backup run: data: expected no key but run_id, found "level"',
      });
    }
  });

  it('does not look at a million wrong values one by one', async () => {
    let looks = 0;
    const many = new Proxy(Array(1_000_000).fill(1), {
      get: (target, key, receiver): unknown => {
        looks += 1;
        return Reflect.get(target, key, receiver);
      },
    });
    const reply = await handlerOf()({ command: 'GetBackupRuns', data: { status: many } }, ADMIN);
    expect(reply).toEqual(refusal('INVALID_DATA'));
    expect(looks).toBeLessThan(1_000);
    expect(JSON.stringify(reply).length).toBeLessThan(1_000);
  });

  it('has a row for a run that cannot be read, flat, and all others', async () => {
    const root = makeSome();
    const bad = makeRun({ root, runId: 'c1' });
    makeRun({ root, runId: 'x', directory: 'failed' });
    makeRun({ root, runId: 'x' });
    writeFileSync(bad.at('manifest.json'), '{');
    const reply = await handlerOf(root)(
      { command: 'GetBackupRuns', extID: '1', data: { status: ['cancelled'] } },
      ADMIN,
    );
    const description = expect.stringMatching(/^Cannot /);
    const name = root.split('/').at(-1)!;
    expect(reply).toEqual({
      extID: '1',
      rows: [
        {
          run_id: 'x',
          path: expect.stringContaining(`${name}/`),
          error: 'BACKUP_RUN_AMBIGUOUS',
          http_code: 409,
          description,
        },
        {
          run_id: 'c1',
          path: `${name}/completed/c1`,
          error: 'MANIFEST_INVALID',
          http_code: 500,
          description,
        },
        expect.objectContaining({ run_id: 'c', participants: [] }),
      ],
    });
  });
});

describe('a time budget', () => {
  it('of 0 leaves no time to look for a run: BUSY', async () => {
    const handle = createCommandHandler(inspectorOf(SPEC_ROOT), { timeBudgetMs: 0 });
    expect(await handle({ command: 'GetBackupRun', extID: '1', data }, ADMIN)).toEqual(
      refusal('BUSY', { extID: '1' }),
    );
  });

  it('that suffices for no artifact leaves a run unverified, and no restore point', async () => {
    const { root } = makeRun({ artifacts: { 'a.db': 'a'.repeat(1e6), 'b.db': 'b'.repeat(1e3) } });
    const inspector = createInspector({ root, maxBytesPerSecond: 10 });
    onTestFinished(() => inspector.close());
    const handle = createCommandHandler(inspector, { timeBudgetMs: 3_000 });
    const message = { command: 'GetBackupRun', extID: '1', data: { run_id: RUN_ID } };
    const artifact = expect.objectContaining({
      integrity_ok: false,
      integrity_error: expect.stringContaining('not verified'),
      validation_ok: false,
    });
    expect(await handle(message, ADMIN)).toMatchObject({
      extID: '1',
      participants: [{ artifacts: [artifact, artifact] }],
    });
    const validating = handle({ ...message, command: 'ValidateBackupRun' }, ADMIN);
    expect(await validating).toEqual(refusal('BACKUP_RUN_NOT_RESTORABLE', { extID: '1' }));
  });

  it('that is over makes a list BUSY, and never a part of it', async () => {
    const root = temporaryDirectory();
    for (let index = 0; index < 300; index += 1) makeRun({ root, runId: `run-${index}` });
    const handle = createCommandHandler(inspectorOf(root), { timeBudgetMs: 0 });
    const given = warnings();
    const lists = Array.from({ length: 20 }, () => handle({ command: 'GetBackupRuns', extID: '1' }, ADMIN));
    expect(await Promise.all(lists)).toEqual(lists.map(() => refusal('BUSY', { extID: '1' })));
    expect(given).toEqual([]);
    await letGo(root);
  });

  it('that suffices changes nothing, and leaves no timer', async () => {
    const [begun, left] = [new Set<number>(), new Set<number>()];
    const hook = createHook({
      init(id, type, _, resource) {
        if (type !== 'Timeout' || !('_idleTimeout' in resource) || resource._idleTimeout !== 60_000) return;
        begun.add(id);
        left.add(id);
      },
      destroy: (id) => void left.delete(id),
    }).enable();
    onTestFinished(() => void hook.disable());
    const handle = createCommandHandler(inspectorOf(SPEC_ROOT), { timeBudgetMs: 60_000 });
    expect(await handle({ command: 'GetBackupRun', data }, ADMIN)).toEqual(SPEC_RUN);
    expect(await handle({ command: 'GetBackupRuns' }, ADMIN)).toEqual({ rows: [SPEC_ROW] });
    await new Promise(setImmediate);
    expect([begun.size, left.size]).toEqual([2, 0]);
  });
});

describe('a signal', () => {
  const reasons: unknown[] = [new Error('gone'), 'gone', null, false];

  it.each(reasons)(
    'that was aborted before makes every command reject with its reason, %j',
    async (reason) => {
      const handle = handlerOf();
      const signal = AbortSignal.abort(reason);
      for (const command of COMMANDS) {
        const [settled] = await Promise.allSettled([
          handle({ command, data: dataOf(command) }, ADMIN, { signal }),
        ]);
        expect(settled).toEqual({ status: 'rejected', reason: signal.reason });
      }
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    },
  );

  it.each(['GetBackupRun', 'ValidateBackupRun'])('stops %s while an artifact is hashed', async (command) => {
    const run = makeLargeRun();
    const handle = handlerOf(run.root);
    const controller = new AbortController();
    const { signal } = controller;
    const settling = Promise.allSettled([handle({ command, data: { run_id: RUN_ID } }, ADMIN, { signal })]);
    await beingRead(run.at('trades.db'));
    controller.abort('gone');
    expect(await settling).toEqual([{ status: 'rejected', reason: 'gone' }]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await letGo(run.root);
  });

  it('stops a list, and what it held is given back', async () => {
    const root = temporaryDirectory();
    for (let index = 0; index < 200; index += 1) makeRun({ root, runId: `run-${index}` });
    const handle = handlerOf(root);
    for (let turns = 0; turns < 40; turns += 2) {
      const controller = new AbortController();
      const { signal } = controller;
      const settling = Promise.allSettled([handle({ command: 'GetBackupRuns' }, ADMIN, { signal })]);
      for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
      controller.abort('gone');
      const [settled] = await settling;
      if (settled.status === 'rejected') expect(settled.reason).toBe('gone');
      else expect(settled.value).toHaveProperty('rows.length', 200);
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    }
    await letGo(root);
  });

  it('may be given with many messages: nothing stays on it, and no warning is given', async () => {
    const given = warnings();
    const handle = handlerOf();
    const { signal } = new AbortController();
    const asked = Array.from({ length: 40 }, (_, index) => {
      const command = COMMANDS[index % COMMANDS.length] ?? '';
      return handle({ command, data: dataOf(command) }, ADMIN, { signal });
    });
    for (const reply of await Promise.all(asked)) expect(reply).not.toHaveProperty('error');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await new Promise(setImmediate);
    expect(given).toEqual([]);
  });
});

describe('a caller’s own mistake', () => {
  const OPTIONS: unknown[] = [
    null,
    1,
    { timeBudgetMs: -1 },
    { timeBudgetMs: '5' },
    { timeBudgetMs: Number.NaN },
    { timeBudgetMs: Infinity },
    { timeBudgetMs: null },
  ];

  it.each(OPTIONS.map((options) => [options]))('in the options %o is a TypeError at once', (options) => {
    const inspector = inspectorOf(SPEC_ROOT);
    expect(() => createCommandHandler(inspector, options as object)).toThrow(TypeError);
  });

  it.each([[null], [1], [{ signal: 'x' }], [{ signal: {} }], [{ signal: null }]])(
    'with a message, %o, rejects with a TypeError',
    async (options) => {
      const handling = handlerOf()({ command: 'GetBackupRun', data }, ADMIN, options as object);
      await expect(handling).rejects.toThrow(TypeError);
    },
  );

  it('of closing the inspector rejects with a TypeError', async () => {
    const inspector = inspectorOf(SPEC_ROOT);
    const handle = createCommandHandler(inspector);
    await inspector.close();
    for (const command of COMMANDS)
      await expect(handle({ command, data: dataOf(command) }, ADMIN), command).rejects.toThrow(TypeError);
    await expect(handle({ command: 'GetBackupRuns', data: { limit: 0 } }, ADMIN)).rejects.toThrow(TypeError);
  });
});

describe('for whatever a message and a session hold', () => {
  const odd = fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
  });
  const throwing = fc.constantFrom(
    hostile(),
    Symbol('x'),
    () => undefined,
    untouchable({}, 'run_id', 'status', 'role'),
  );
  const value = fc.oneof(odd, throwing);
  const filter = fc.record(
    {
      run_id: fc.oneof(fc.constantFrom(SPEC_RUN_ID, '..', 'x'), value),
      status: fc.oneof(fc.constant(['completed']), value),
      type: value,
      trigger: value,
      started_from: value,
      started_to: value,
      limit: fc.oneof(fc.nat(), value),
    },
    { requiredKeys: [] },
  );
  const message = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record(
        {
          command: fc.oneof(fc.constantFrom(...COMMANDS), value),
          extID: value,
          data: fc.oneof(filter, fc.record({ run_id: fc.oneof(fc.string(), value) }), value),
        },
        { requiredKeys: [] },
      ),
    },
    value,
  );
  const session = fc.oneof(
    { weight: 4, arbitrary: fc.constant<unknown>(ADMIN) },
    fc.record({ role: value }),
    value,
  );

  it('handle() replies, and the reply is the same as JSON', async () => {
    const handle = handlerOf();
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(message, session, async (asked, from) => {
        const reply = await handle(asked, from as CommandSession);
        if (Object.is(reply.extID, -0)) reply.extID = 0;
        expect(JSON.parse(JSON.stringify(reply))).toStrictEqual(reply);
        seen.add('error' in reply ? reply.error : 'rows' in reply ? 'rows' : 'run');
        if ('error' in reply) expect(reply.http_code).toBe(Reflect.get(HTTP_CODES, reply.error));
      }),
      // Chance alone may miss what is rare.
      { numRuns: 1_000, examples: [[{ command: 'GetBackupRun', data }, ADMIN]] },
    );
    expect([...seen].toSorted()).toEqual(
      expect.arrayContaining([
        'ACCESS_DENIED',
        'INVALID_DATA',
        'UNKNOWN_COMMAND',
        'BACKUP_RUN_NOT_FOUND',
        'rows',
        'run',
      ]),
    );
  });
});

describe('a reply of more than 64 MiB is UNSUPPORTED, and says what is lacking and what helps', () => {
  const long = 'x'.repeat(15 * 2 ** 20);

  it(
    'when it is a list, which a filter narrows; one long text alone refuses nothing',
    { timeout: 300_000 },
    async () => {
      const root = join(temporaryDirectory(), 'backups');
      for (let index = 0; index < 6; index += 1)
        makeRun({ root, runId: `r${index}`, manifest: { started_at: index, error_summary: long } });
      const handle = handlerOf(root);
      const listed = (filter: object): Promise<Reply> =>
        handle({ command: 'GetBackupRuns', data: filter }, ADMIN);
      const refused = await listed({});
      expect(refused).toEqual(refusal('UNSUPPORTED'));
      expect(refused).toHaveProperty(
        'description',
        expect.stringMatching(/room in a reply.*limit.*started_from/),
      );
      expect(await listed({ limit: 3 })).toHaveProperty('rows.length', 3);
      expect(await listed({ started_from: 4 })).toHaveProperty('rows.length', 2);
      const run = await handle({ command: 'GetBackupRun', data: { run_id: 'r0' } }, ADMIN);
      expect(run).toHaveProperty('error_summary.length', long.length);
    },
  );

  it('when it is a run', { timeout: 300_000 }, async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const run = makeRun({ manifest: { participants: names } });
    for (const name of names) {
      const record = tradesRecord({}, { name, error: long });
      writeFileSync(run.at('participants', `${name}.json`), JSON.stringify(record));
    }
    const limits = { runBytes: 2 ** 27 };
    const handle = createCommandHandler(inspectorOf(run.root, { limits }));
    const reply = await handle({ command: 'GetBackupRun', extID: 1, data: { run_id: RUN_ID } }, ADMIN);
    expect(reply).toEqual(refusal('UNSUPPORTED', { extID: 1 }));
    // By default such a run is refused before it fills memory, whatever its manifests hold.
    for (const name of names) writeFileSync(run.at('participants', `${name}.json`), JSON.stringify(long));
    const broken = await handlerOf(run.root)({ command: 'GetBackupRun', data: { run_id: RUN_ID } }, ADMIN);
    expect(broken).toHaveProperty('error', 'MANIFEST_INVALID');
    for (const name of names) {
      const record = tradesRecord({}, { name, error: long });
      writeFileSync(run.at('participants', `${name}.json`), JSON.stringify(record));
    }
    const small = await handlerOf(run.root)({ command: 'GetBackupRun', data: { run_id: RUN_ID } }, ADMIN);
    expect(small).toMatchObject({
      error: 'MANIFEST_INVALID',
      description: expect.stringContaining('expected at most 67108864 bytes of manifests, found '),
    });
  });
});
