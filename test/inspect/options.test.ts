import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createCommandHandler,
  createInspector,
  createMemo,
  getBackupRun,
  type BackupRunRequest,
} from '../../src/index.ts';
import { gzip, json, sqlite, tar, zstd } from '../../src/validators/index.ts';
import { temporaryDirectory } from '../support/runs.ts';
import { SPEC_ROOT, SPEC_RUN_ID } from '../support/fixtures.ts';

/** A root that would answer with IO_ERROR if it were touched. */
const NOWHERE = '/nonexistent/backups';

async function codeOf(request: unknown): Promise<string> {
  const answer = await getBackupRun(request as BackupRunRequest, { root: NOWHERE });
  return answer.ok ? 'ok' : answer.error.code;
}

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const throwing = {
  get run_id(): string {
    throw new Error('no');
  },
};

const hostileProxy = new Proxy(
  {},
  {
    get: () => {
      throw new Error('no');
    },
    has: () => true,
  },
);

describe('getBackupRun() answers INVALID_DATA, without touching the disk, to a request that is', () => {
  const requests: [string, unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['a number', 5],
    ['a string', SPEC_RUN_ID],
    ['a boolean', true],
    ['a symbol', Symbol('run')],
    ['a bigint', 5n],
    ['a function', () => ({ run_id: SPEC_RUN_ID })],
    ['an empty object', {}],
    ['an array', [SPEC_RUN_ID]],
    ['an array with a run_id', Object.assign([], { run_id: SPEC_RUN_ID })],
    ['a String object', { run_id: new String(SPEC_RUN_ID) }],
    ['an array in run_id', { run_id: [SPEC_RUN_ID] }],
    ['an object with a toString', { run_id: { toString: () => SPEC_RUN_ID } }],
    ['a getter that throws', throwing],
    ['a revoked proxy', revokedProxy()],
    ['a revoked proxy as run_id', { run_id: revokedProxy() }],
    ['a proxy that throws', hostileProxy],
    ['null in run_id', { run_id: null }],
    ['NaN in run_id', { run_id: Number.NaN }],
  ];
  it.each(requests)('%s', async (_, request) => {
    expect(await codeOf(request)).toBe('INVALID_DATA');
  });

  it('any object without a string in run_id', async () => {
    const value = fc.anything({ withBigInt: true, withNullPrototype: true, withTypedArray: true });
    await fc.assert(
      fc.asyncProperty(value, async (run_id) => {
        fc.pre(typeof run_id !== 'string');
        expect(await codeOf({ run_id })).toBe('INVALID_DATA');
      }),
    );
  });
});

describe('getBackupRun() answers BACKUP_RUN_NOT_FOUND, without touching the disk, to a string that is no run id', () => {
  const ids = [
    '',
    '.',
    '..',
    '../completed/20260629-121045-000001',
    '/etc/passwd',
    'a/b',
    'a\\b',
    'a\0b',
    'a..b',
    'a.',
    '-a',
    '_a',
    '.a',
    'a b',
    'a\n',
    'ü',
    'а', // Cyrillic
    '*',
    'con',
    'NUL',
    'nul.txt',
    'Com1',
    'lpt9.tar.gz',
    'a'.repeat(129),
    '__proto__',
  ];
  it.each(ids)('%j', async (run_id) => {
    expect(await codeOf({ run_id })).toBe('BACKUP_RUN_NOT_FOUND');
  });

  it('any string that the grammar does not make', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (run_id) => {
        fc.pre(!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(run_id));
        expect(await codeOf({ run_id })).toBe('BACKUP_RUN_NOT_FOUND');
      }),
    );
  });
});

describe('getBackupRun() looks on the disk for', () => {
  it.each(['a', '0', 'a'.repeat(128), 'a.b-c_d', 'com10', 'console', 'nulls', 'constructor', 'a--b__c'])(
    '%s',
    async (run_id) => {
      expect(await codeOf({ run_id })).toBe('IO_ERROR');
    },
  );

  it('the run_id of a class instance, of a null prototype object and of a well-behaved proxy', async () => {
    const proxy = new Proxy({ run_id: 'a' }, {});
    for (const request of [proxy, Object.assign(Object.create(null), { run_id: 'a' })]) {
      expect(await codeOf(request)).toBe('IO_ERROR');
    }
  });

  it('a run_id that is read once, so that it cannot change after it was checked', async () => {
    let reads = 0;
    const request = {
      get run_id(): string {
        reads += 1;
        return reads === 1 ? SPEC_RUN_ID : '../../etc';
      },
    };
    const answer = await getBackupRun(request, { root: SPEC_ROOT });
    expect(answer.ok).toBe(true);
    expect(reads).toBe(1);
  });
});

describe('createInspector() throws a TypeError that names the option, when', () => {
  const bad: [string, unknown, RegExp][] = [
    ['there are no options', undefined, /options/],
    ['there is no root', {}, /root/],
    ['root is empty', { root: '' }, /root/],
    ['root is a number', { root: 5 }, /root/],
    ['root has a NUL', { root: 'a\0b' }, /root/],
    ['stallTimeoutMs is 0', { root: 'x', stallTimeoutMs: 0 }, /stallTimeoutMs/],
    ['stallTimeoutMs is a string', { root: 'x', stallTimeoutMs: '5' }, /stallTimeoutMs/],
    ['stallTimeoutMs is more than a timer takes', { root: 'x', stallTimeoutMs: 2 ** 31 }, /stallTimeoutMs/],
    ['limits is a number', { root: 'x', limits: 5 }, /limits/],
    ['a limit is negative', { root: 'x', limits: { findings: -1 } }, /limits\.findings/],
    [
      'a limit is unknown',
      { root: 'x', limits: { manifestByte: 1 } },
      /limits: .*did you mean manifestBytes\?/,
    ],
    [
      'runBytes is less than manifestBytes',
      { root: 'x', limits: { runBytes: 5 } },
      /limits: expected runBytes/,
    ],
    ['a key is unknown', { root: 'x', maxRate: 1 }, /unknown key "maxRate"; known are root, threads, /],
    ['a key is misspelt', { root: 'x', maxBytesPersecond: 1 }, /did you mean maxBytesPerSecond\?/],
    ['a key belongs to a call', { root: 'x', level: 'size' }, /unknown key "level"/],
    ['a limit is NaN', { root: 'x', limits: { artifacts: Number.NaN } }, /limits\.artifacts/],
  ];
  it.each(bad)('%s', (_, options, where) => {
    expect(() => createInspector(options as never)).toThrow(TypeError);
    expect(() => createInspector(options as never)).toThrow(where);
  });
});

describe('getBackupRun() rejects with a TypeError when', () => {
  const bad: [string, unknown][] = [
    ['level is unknown', { level: 'all' }],
    ['level is a number', { level: 1 }],
    ['signal is no signal', { signal: {} }],
    ['a key is unknown', { timeBudget: 5 }],
    ['signal is an AbortController', { signal: new AbortController() }],
  ];
  it.each(bad)('%s', async (_, options) => {
    const root = temporaryDirectory();
    await expect(getBackupRun({ run_id: 'a' }, { root, ...(options as object) })).rejects.toThrow(TypeError);
  });
});

describe('a bad option is told in plain words', () => {
  const told: [unknown, string][] = [
    [undefined, 'options: expected an object, found nothing'],
    ['x', 'options: expected an object, found "x"'],
    [{}, 'option `root` is required'],
    [{ root: 5 }, 'option `root`: expected a string, found 5'],
    [{ root: '' }, 'option `root`: expected text, found ""'],
    [{ root: 'a\0' }, 'option `root`: expected text without NUL, found "a\\u0000"'],
    [{ root: 'x', threads: '2' }, 'option `threads`: expected a number, found "2"'],
    [{ root: 'x', threads: -1 }, 'option `threads`: expected at least 0, found -1'],
    [{ root: 'x', threads: 1.5 }, 'option `threads`: expected a whole number, found 1.5'],
    [{ root: 'x', threads: 2_000 }, 'option `threads`: expected at most 1024, found 2000'],
    [
      { root: 'x', maxBytesPerSecond: Infinity },
      'option `maxBytesPerSecond`: expected a finite number, found Infinity',
    ],
    [{ root: 'x', validators: {} }, 'option `validators`: expected an array, found an object'],
  ];
  it.each(told)('%j', (options, reason) => {
    expect(() => createInspector(options as never)).toThrow(`Cannot create an inspector: ${reason}`);
  });

  it('also of a call, of a filter and of a handler', async () => {
    const inspector = createInspector({ root: SPEC_ROOT });
    try {
      const call = inspector.getBackupRun({ run_id: 'a' }, { level: 'deep' } as object);
      await expect(call).rejects.toThrow('option `level`: expected "digest", "size", "none", found "deep"');
      const rows = inspector.listBackupRuns({ status: 'completed' } as object);
      await expect(rows.next()).rejects.toThrow('option `status`: expected an array, found "completed"');
    } finally {
      await inspector.close();
    }
    const forgotten = createCommandHandler as (inspector?: unknown) => unknown;
    expect(() => forgotten()).toThrow('expected an inspector of createInspector(), found nothing');
  });
});

describe('an unknown key is a TypeError that names it', () => {
  it('of a call, of a filter, of a memo, of validators and of a handler', async () => {
    const inspector = createInspector({ root: SPEC_ROOT });
    try {
      const call = inspector.getBackupRun({ run_id: 'a' }, { levle: 'size' } as object);
      await expect(call).rejects.toThrow('unknown key "levle"; did you mean level?');
      const rows = inspector.listBackupRuns({ started_from: 1 } as object);
      await expect(rows.next()).rejects.toThrow('unknown key "started_from"; did you mean startedFrom?');
      await expect(inspector.listRunIds({ limit: 1 } as object).next()).rejects.toThrow('"limit"');
      expect(() => createCommandHandler(inspector, { budget: 1 } as object)).toThrow('unknown key "budget"');
      const handling = createCommandHandler(inspector)({}, {}, { abort: 1 } as object);
      await expect(handling).rejects.toThrow('unknown key "abort"');
    } finally {
      await inspector.close();
    }
    expect(() => createMemo({ max: 1 } as object)).toThrow('unknown key "max"; did you mean maxEntries?');
    for (const create of [gzip, json, sqlite, tar, zstd])
      expect(() => create({ nmaes: /x/ } as object)).toThrow('unknown key "nmaes"; did you mean names?');
  });

  it('but one that is undefined is as good as absent', async () => {
    const options = { root: SPEC_ROOT, maxRate: undefined, limits: { other: undefined } };
    expect(await getBackupRun({ run_id: SPEC_RUN_ID }, options as { root: string })).toHaveProperty(
      'ok',
      true,
    );
  });

  it('takes the greatest manifest for all of them, where that is more than 64 MiB', async () => {
    const limits = { manifestBytes: 2 ** 28 };
    expect(await getBackupRun({ run_id: SPEC_RUN_ID }, { root: SPEC_ROOT, limits })).toHaveProperty(
      'ok',
      true,
    );
  });
});
