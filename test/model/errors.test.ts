import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createInspector, isBackupRunError } from '../../src/index.ts';
import { CASES } from '../support/fixtures.ts';
import { makeRun, RUN_ID } from '../support/runs.ts';

/** Every code with its HTTP code. */
const CODES: [string, number][] = [
  ['INVALID_DATA', 400],
  ['ACCESS_DENIED', 403],
  ['UNKNOWN_COMMAND', 404],
  ['BACKUP_RUN_NOT_FOUND', 404],
  ['BACKUP_RUN_AMBIGUOUS', 409],
  ['BACKUP_RUN_NOT_RESTORABLE', 409],
  ['BACKUP_RUN_UNSAFE', 500],
  ['MANIFEST_MISSING', 500],
  ['MANIFEST_INVALID', 500],
  ['IO_ERROR', 500],
  ['BUSY', 503],
];

describe('isBackupRunError()', () => {
  it.each(CODES)('knows %s, also as JSON, and only with %i', (code, httpCode) => {
    const error = { code, httpCode, message: 'why' };
    expect(isBackupRunError(error)).toBe(true);
    expect(isBackupRunError(JSON.parse(JSON.stringify(error)))).toBe(true);
    expect(isBackupRunError({ ...error, more: 1 })).toBe(true);
    for (const wrong of [
      400,
      403,
      404,
      409,
      500,
      503,
      200,
      0,
      Number.NaN,
      String(httpCode),
      null,
      undefined,
      [httpCode],
    ])
      if (wrong !== httpCode) expect(isBackupRunError({ ...error, httpCode: wrong })).toBe(false);
    for (const wrong of [undefined, null, 1, ['why'], new String('why')])
      expect(isBackupRunError({ ...error, message: wrong })).toBe(false);
  });

  it('knows every error of every fixture, and nothing else of them', () => {
    for (const { name, answer } of CASES) {
      expect(isBackupRunError(answer), name).toBe(false);
      if (!answer.ok) expect(isBackupRunError(answer.error), name).toBe(true);
      else for (const finding of answer.findings) expect(isBackupRunError(finding), name).toBe(false);
    }
  });

  it('knows why a run cannot be restored', async () => {
    const run = makeRun();
    writeFileSync(run.at('trades.db'), '');
    await using inspector = createInspector({ root: run.root });
    const validation = await inspector.validateBackupRun({ run_id: RUN_ID });
    expect(validation.ok).toBe(false);
    expect(!validation.ok && isBackupRunError(validation.error)).toBe(true);
    expect(isBackupRunError(validation)).toBe(false);
  });

  const refuse = (): never => {
    throw new Error('hostile');
  };
  const OTHERS: [string, unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['a code', 'BUSY'],
    ['a number', 503],
    ['a function', Object.assign(() => undefined, { code: 'BUSY', httpCode: 503, message: 'why' })],
    ['nothing in it', {}],
    ['an array', ['BUSY', 503, 'why']],
    ['an error of Node', Object.assign(new Error('why'), { code: 'ENOENT', errno: -2 })],
    ['a TypeError', new TypeError('why')],
    ['a code of a finding', { code: 'ARTIFACT_MISSING', httpCode: 500, message: 'why' }],
    ['a reply', { error: 'BUSY', http_code: 503, description: 'why' }],
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'busy', 'BUSY '].map(
      (code): [string, unknown] => [
        `the code ${JSON.stringify(code)}`,
        { code, httpCode: undefined, message: 'why' },
      ],
    ),
    ['the code ["BUSY"]', { code: ['BUSY'], httpCode: 503, message: 'why' }],
    ['a String object for the code', { code: new String('BUSY'), httpCode: 503, message: 'why' }],
    [
      'a getter that throws',
      {
        code: 'BUSY',
        httpCode: 503,
        get message() {
          return refuse();
        },
      },
    ],
    [
      'a proxy that throws',
      new Proxy({}, { get: refuse, has: refuse, getPrototypeOf: refuse, ownKeys: refuse }),
    ],
    ['a revoked proxy', revoked()],
    ['a symbol', Symbol('BUSY')],
  ];

  it.each(OTHERS)('does not know %s', (_, thing) => expect(isBackupRunError(thing)).toBe(false));
});

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
