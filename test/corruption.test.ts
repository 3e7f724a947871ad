import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  linkSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { getBackupRun, type Answer, type BackupRunError, type Finding } from '../src/index.ts';
import { runChild } from './support/built.ts';
import type { AnswerOutput } from './support/children/answer.ts';
import { lacks } from './support/needs.ts';
import {
  artifactRecord,
  makeRun,
  RUN_ID,
  sha256,
  temporaryDirectory,
  tradesRecord,
  type MadeRun,
} from './support/runs.ts';
import { makeCharacterDevice, makeFifo, makeSocket } from './support/special.ts';

/** One way to damage an intact run, and everything that then is found, or why there is no run. */
interface Row {
  readonly damage: string;
  readonly inflict: (run: MadeRun) => void | Promise<void>;
  readonly findings?: readonly Finding[];
  readonly error?: BackupRunError;
  /** Whether every verdict is still a measured one; where there is a run, it is. */
  readonly isPartlyUnknown?: boolean;
}

const PATH = `backups/completed/${RUN_ID}`;

const TRADES = 'the trades of today\n';
const PART = 'a part of trades...\n';
const ACCOUNTS = 'all of the accounts\n';
const SPARSE = Buffer.alloc(64 * 1_024);

/** Three participants, the last one of them without an artifact. */
function makeIntactRun(): MadeRun {
  const run = makeRun({
    manifest: { participants: ['trades', 'accounts', 'sessions'] },
    artifacts: { 'trades.db': TRADES, 'sub/dir/part.bin': PART },
  });
  writeFileSync(run.at('accounts.snapshot'), ACCOUNTS);
  writeFileSync(run.at('accounts.sparse'), SPARSE);
  const artifacts = [
    artifactRecord('accounts.snapshot', ACCOUNTS),
    artifactRecord('accounts.sparse', SPARSE),
  ];
  writeRecord(run, 'accounts', { artifacts });
  writeRecord(run, 'sessions', {});
  return run;
}

function writeRecord(run: MadeRun, name: string, over: Record<string, unknown>): void {
  writeFileSync(run.at(`participants/${name}.json`), JSON.stringify(tradesRecord({}, { name, ...over })));
}

/** Of participant trades, unless the name says otherwise. */
function about(artifact: string): Pick<Finding, 'severity' | 'participant' | 'artifact' | 'path'> {
  const participant = artifact.startsWith('accounts') ? 'accounts' : 'trades';
  return { severity: 'error', participant, artifact, path: `${PATH}/${artifact}` };
}

function missing(artifact: string): Finding {
  return {
    code: 'ARTIFACT_MISSING',
    ...about(artifact),
    message: `"${artifact}" is recorded but not on disk`,
  };
}

function size(artifact: string, expected: number, actual: number): Finding {
  const message = `"${artifact}" has ${actual} bytes on disk but ${expected} in the manifest`;
  return { code: 'ARTIFACT_SIZE_MISMATCH', ...about(artifact), message, expected, actual };
}

function digest(artifact: string, recorded: string, found: string): Finding {
  const [expected, actual] = [sha256(recorded), sha256(found)];
  const message = `"${artifact}" has SHA-256 ${actual} on disk but ${expected} in the manifest`;
  return { code: 'ARTIFACT_DIGEST_MISMATCH', ...about(artifact), message, expected, actual };
}

function notRegular(artifact: string, actual: string): Finding {
  const message = `"${artifact}" is not a regular file: found a ${actual}`;
  return { code: 'ARTIFACT_NOT_REGULAR_FILE', ...about(artifact), message, actual };
}

function unreadable(artifact: string): Finding {
  const message = `"${artifact}" is not verified: it cannot be read (EACCES)`;
  return { code: 'ARTIFACT_UNREADABLE', ...about(artifact), message, actual: 'EACCES' };
}

function unlisted(name: string): Finding {
  const path = `${PATH}/${name}`;
  const message = `"${path}" is on disk but in no manifest`;
  return { code: 'ARTIFACT_UNLISTED', severity: 'warning', message, path };
}

function noRecord(participant: string): Finding {
  const message = `"${participant}" is named by the run but has no record`;
  const path = `${PATH}/participants/${participant}.json`;
  return { code: 'PARTICIPANT_MISSING', severity: 'error', message, participant, path };
}

function badRecord(participant: string, actual: string): Finding {
  const message = `"${participant}" has a manifest that cannot be used: ${actual.replaceAll('"', '"')}`;
  const path = `${PATH}/participants/${participant}.json`;
  return { code: 'PARTICIPANT_MANIFEST_INVALID', severity: 'error', message, participant, path, actual };
}

/** Puts something else in the place of an entry. */
function replace(name: string, make: (path: string, run: MadeRun) => void | Promise<void>): Row['inflict'] {
  return async (run) => {
    rmSync(run.at(name), { recursive: true });
    await make(run.at(name), run);
  };
}

function makeDevice(kind: 'b' | 'c'): (path: string) => void {
  return (path) => {
    if (kind === 'c') makeCharacterDevice(path);
    else execFileSync('mknod', [path, 'b', '7', '99']);
  };
}

/** Moves an entry out of every root, and returns where it is now. */
function moveAway(path: string): string {
  const away = join(temporaryDirectory(), 'away');
  cpSync(path, away, { recursive: true });
  rmSync(path, { recursive: true });
  return away;
}

function exchange(run: MadeRun, a: string, b: string): void {
  renameSync(run.at(a), run.at('meanwhile'));
  renameSync(run.at(b), run.at(a));
  renameSync(run.at('meanwhile'), run.at(b));
}

const OF_THE_TREE: readonly Row[] = [
  {
    damage: 'an extra file',
    inflict: (run) => writeFileSync(run.at('extra'), ''),
    findings: [unlisted('extra')],
  },
  {
    damage: 'an extra file in a subdirectory',
    inflict: (run) => writeFileSync(run.at('sub/dir/extra.json'), '{}'),
    findings: [unlisted('sub/dir/extra.json')],
  },
  {
    damage: 'a missing file',
    inflict: (run) => rmSync(run.at('trades.db')),
    findings: [missing('trades.db')],
  },
  {
    damage: 'a missing directory',
    inflict: (run) => rmSync(run.at('sub'), { recursive: true }),
    findings: [missing('sub/dir/part.bin')],
  },
  {
    damage: 'an appended byte',
    inflict: (run) => appendFileSync(run.at('trades.db'), 'x'),
    findings: [size('trades.db', 20, 21)],
  },
  {
    damage: 'a file truncated by one byte',
    inflict: (run) => truncateSync(run.at('sub/dir/part.bin'), 19),
    findings: [size('sub/dir/part.bin', 20, 19)],
  },
  {
    damage: 'a file truncated to nothing',
    inflict: (run) => truncateSync(run.at('accounts.snapshot'), 0),
    findings: [size('accounts.snapshot', 20, 0)],
  },
  {
    damage: 'a replacement of the same length',
    inflict: (run) => writeFileSync(run.at('trades.db'), PART),
    findings: [digest('trades.db', TRADES, PART)],
  },
  {
    damage: 'a replacement of the same length and with the same mtime',
    inflict: (run) => {
      const { atime, mtime } = statSync(run.at('trades.db'));
      writeFileSync(run.at('trades.db'), PART);
      utimesSync(run.at('trades.db'), atime, mtime);
    },
    findings: [digest('trades.db', TRADES, PART)],
  },
  {
    damage: 'one byte of a sparse file',
    inflict: (run) => writeFileSync(run.at('accounts.sparse'), Buffer.from(SPARSE).fill(1, 40_000, 40_001)),
    findings: [
      digest('accounts.sparse', String(SPARSE), String(Buffer.from(SPARSE).fill(1, 40_000, 40_001))),
    ],
  },
  {
    damage: 'two artifacts that are exchanged, so that both are wrong',
    inflict: (run) => exchange(run, 'trades.db', 'accounts.snapshot'),
    findings: [digest('trades.db', TRADES, ACCOUNTS), digest('accounts.snapshot', ACCOUNTS, TRADES)],
  },
  {
    damage: 'a directory for a file',
    inflict: replace('trades.db', (path) => mkdirSync(path)),
    findings: [notRegular('trades.db', 'directory')],
  },
  {
    damage: 'a file for the directory of an artifact, which nobody claims either',
    inflict: replace('sub/dir', (path) => writeFileSync(path, PART)),
    findings: [missing('sub/dir/part.bin'), unlisted('sub/dir')],
  },
  {
    damage: 'a symlink to an identical copy inside, which nobody claims',
    inflict: (run) => {
      renameSync(run.at('trades.db'), run.at('copy.db'));
      symlinkSync('copy.db', run.at('trades.db'));
    },
    findings: [notRegular('trades.db', 'symlink'), unlisted('copy.db')],
  },
  {
    damage: 'a symlink to an identical copy outside',
    inflict: (run) => symlinkSync(moveAway(run.at('trades.db')), run.at('trades.db')),
    findings: [notRegular('trades.db', 'symlink')],
  },
  {
    damage: 'a symlink for the directory of an artifact, which nobody claims either',
    inflict: (run) => symlinkSync(moveAway(run.at('sub')), run.at('sub')),
    findings: [notRegular('sub/dir/part.bin', 'symlink'), unlisted('sub')],
  },
  {
    damage: 'a dangling symlink',
    inflict: replace('trades.db', (path) => symlinkSync('nowhere', path)),
    findings: [notRegular('trades.db', 'symlink')],
  },
  { damage: 'a FIFO', inflict: replace('trades.db', makeFifo), findings: [notRegular('trades.db', 'FIFO')] },
  {
    damage: 'a socket',
    inflict: replace('trades.db', makeSocket),
    findings: [notRegular('trades.db', 'socket')],
  },
];

const OF_THE_MANIFESTS: readonly Row[] = [
  {
    damage: 'the manifest.json of another run',
    inflict: (run) => {
      const other = makeRun({ runId: '20260629-121045-000002' });
      cpSync(other.at('manifest.json'), run.at('manifest.json'));
    },
    error: {
      code: 'MANIFEST_INVALID',
      httpCode: 500,
      message: `Cannot use the manifest "${PATH}/manifest.json": run_id: expected "${RUN_ID}", found "20260629-121045-000002"`,
      path: `${PATH}/manifest.json`,
      issues: [{ path: 'run_id', message: `expected "${RUN_ID}", found "20260629-121045-000002"` }],
    },
  },
  {
    damage: 'a deleted manifest.json',
    inflict: (run) => rmSync(run.at('manifest.json')),
    error: {
      code: 'MANIFEST_MISSING',
      httpCode: 500,
      message: `Cannot inspect the run: "${PATH}/manifest.json" is not there`,
      path: `${PATH}/manifest.json`,
    },
  },
  {
    damage: 'a directory for manifest.json',
    inflict: replace('manifest.json', (path) => mkdirSync(path)),
    error: {
      code: 'BACKUP_RUN_UNSAFE',
      httpCode: 500,
      message: `Cannot trust "${PATH}/manifest.json": expected a regular file, found a directory`,
      path: `${PATH}/manifest.json`,
    },
  },
  {
    damage: 'a symlink for the run directory',
    inflict: (run) => symlinkSync(moveAway(run.path), run.path),
    error: {
      code: 'BACKUP_RUN_UNSAFE',
      httpCode: 500,
      message: `Cannot trust "${PATH}": expected a directory, found a symlink`,
      path: PATH,
    },
  },
  {
    damage: 'a file for the run directory',
    inflict: replace('.', (path) => writeFileSync(path, '')),
    error: {
      code: 'BACKUP_RUN_UNSAFE',
      httpCode: 500,
      message: `Cannot trust "${PATH}": expected a directory, found a regular file`,
      path: PATH,
    },
  },
  {
    damage: 'a deleted participant manifest',
    inflict: (run) => rmSync(run.at('participants/sessions.json')),
    findings: [noRecord('sessions')],
  },
  {
    damage: 'a deleted participant manifest, after which nobody claims its artifacts',
    inflict: (run) => rmSync(run.at('participants/accounts.json')),
    findings: [noRecord('accounts'), unlisted('accounts.snapshot'), unlisted('accounts.sparse')],
  },
  {
    damage: 'a deleted participants directory',
    inflict: (run) => rmSync(run.at('participants'), { recursive: true }),
    findings: [
      ...['trades', 'accounts', 'sessions'].map(noRecord),
      ...['accounts.snapshot', 'accounts.sparse', 'sub/dir/part.bin', 'trades.db'].map(unlisted),
    ],
  },
  {
    damage: 'a participant manifest that is truncated',
    inflict: (run) => truncateSync(run.at('participants/sessions.json'), 40),
    findings: [badRecord('sessions', 'not JSON: it ends at line 1, column 41, before the value does')],
  },
  {
    damage: 'two participant manifests that are exchanged, so that nobody claims the artifacts of either',
    inflict: (run) => exchange(run, 'participants/trades.json', 'participants/sessions.json'),
    findings: [
      badRecord('trades', 'name: expected "trades", found "sessions"'),
      badRecord('sessions', 'name: expected "sessions", found "trades"'),
      unlisted('sub/dir/part.bin'),
      unlisted('trades.db'),
    ],
  },
  {
    damage: 'the participant manifest of another run',
    inflict: (run) => writeRecord(run, 'sessions', { run_id: '20260629-121045-000002' }),
    findings: [badRecord('sessions', `run_id: expected "${RUN_ID}", found "20260629-121045-000002"`)],
  },
  {
    damage: 'a second record of one path',
    inflict: (run) =>
      writeRecord(run, 'sessions', {
        artifacts: [{ ...artifactRecord('again', TRADES), path: `backups/.running/${RUN_ID}/trades.db` }],
      }),
    findings: [
      {
        code: 'ARTIFACT_DUPLICATE',
        severity: 'error',
        message: `"again" claims a path that an earlier record claims: "${PATH}/trades.db"`,
        participant: 'sessions',
        artifact: 'again',
        path: `${PATH}/trades.db`,
      },
    ],
  },
];

const LONGEST = Array.from({ length: 16 }, () => 'x'.repeat(255)).join('/');

/** Recorded paths that are not plain, and how a message shows them where that is not as they are. */
const UNSAFE: readonly [shape: string, path: string, shown?: string][] = [
  ['dot-dot', '../trades.db'],
  ['dot-dot in the middle', 'sub/../trades.db'],
  ['dot-dot behind what is dropped', `backups/completed/${RUN_ID}/../${RUN_ID}/trades.db`],
  ['dot-dot alone', '..'],
  ['a dot alone', '.'],
  ['an absolute path elsewhere', '/etc/passwd'],
  ['an absolute path into another run', `/srv/backups/completed/20260629-121045-000002/trades.db`],
  ['a drive letter with a backslash', 'C:\\trades.db', 'C:\\\\trades.db'],
  ['a drive letter with a slash', 'C:/trades.db'],
  ['a drive letter alone', 'c:trades.db'],
  ['UNC with backslashes', '\\\\srv\\share\\trades.db', '\\\\\\\\srv\\\\share\\\\trades.db'],
  ['UNC with slashes', '//srv/share/trades.db'],
  ['a backslash', 'sub\\dir\\part.bin', 'sub\\\\dir\\\\part.bin'],
  ['a home directory', '~/trades.db'],
  ['the home directory of somebody', '~root/trades.db'],
  ['nothing', ''],
  ['the run directory itself', `completed/${RUN_ID}/`],
  ['a NUL', 'trades.db\0.txt', 'trades.db\\u0000.txt'],
  ['a segment of 256 bytes', 'ü'.repeat(128)],
  ['4,097 bytes', `${LONGEST}/x`, `${`${LONGEST}/x`.slice(0, 300)}…`],
  ['half of a surrogate pair', 'trades\ud800.db', 'trades\\ud800.db'],
];

const OF_PATHS = UNSAFE.map(([shape, path, shown = path]): Row => ({
  damage: `an unsafe path: ${shape}`,
  inflict: (run) => writeRecord(run, 'sessions', { artifacts: [{ ...artifactRecord('odd', TRADES), path }] }),
  findings: [
    {
      code: 'ARTIFACT_PATH_UNSAFE',
      severity: 'error',
      message: `"odd" has an unsafe recorded path: found "${shown}"`,
      participant: 'sessions',
      artifact: 'odd',
      actual: path,
    },
  ],
  isPartlyUnknown: true,
}));

async function ask(run: MadeRun): Promise<Answer> {
  return getBackupRun({ run_id: RUN_ID }, { root: run.root });
}

/** Proves a run intact, damages it, and expects of the answer what the row says and nothing else. */
async function holds(row: Row, asking = ask): Promise<void> {
  const run = makeIntactRun();
  const intact = await asking(run);
  expect(intact).toMatchObject({ ok: true, findings: [], coverage: { artifacts: 4, complete: true } });
  await row.inflict(run);
  const answer = await asking(run);
  if (row.error !== undefined) return expect(answer).toStrictEqual({ ok: false, error: row.error });
  expect(answer.ok && answer.findings).toStrictEqual(row.findings);
  if (!answer.ok) return;
  expect(answer.coverage.complete).toBe(row.isPartlyUnknown !== true);
  // Every artifact that nothing was found about is still sound.
  const artifacts = answer.run.participants.flatMap((participant) => participant.artifacts);
  for (const { logical_name: name, integrity_ok: isOk, integrity_error: why } of artifacts) {
    const finding = answer.findings.find(({ artifact }) => artifact === name);
    const isIntact = finding === undefined || finding.code === 'ARTIFACT_DUPLICATE';
    expect([isOk, why], name).toEqual([isIntact, isIntact ? '' : finding.message]);
  }
}

describe.each([
  ['the tree', OF_THE_TREE],
  ['the manifests', OF_THE_MANIFESTS],
  ['the recorded paths', OF_PATHS],
])('of an intact run getBackupRun() finds exactly what was damaged in %s:', (_, rows) => {
  it.each(rows)('$damage', (row) => holds(row));
});

const MADE_BY_ROOT: readonly Row[] = (['c', 'b'] as const).map((kind) => ({
  damage: kind === 'c' ? 'a character device' : 'a block device',
  inflict: replace('trades.db', makeDevice(kind)),
  findings: [notRegular('trades.db', kind === 'c' ? 'character device' : 'block device')],
}));

describe.skipIf(lacks('a device for an artifact', 'linux', 'root'))('of an intact run, as root:', () => {
  it.each(MADE_BY_ROOT)('$damage', (row) => holds(row));
});

/** Takes all rights from an entry until the test ends. */
function close(name: string): Row['inflict'] {
  return (run) => {
    chmodSync(run.at(name), 0);
    onTestFinished(() => chmodSync(run.at(name), 0o755));
  };
}

const UNREADABLE: readonly Row[] = [
  {
    damage: 'an unreadable file',
    inflict: close('trades.db'),
    findings: [unreadable('trades.db')],
    isPartlyUnknown: true,
  },
  {
    damage: 'an unreadable directory',
    inflict: close('sub/dir'),
    findings: [unreadable('sub/dir/part.bin')],
    isPartlyUnknown: true,
  },
  {
    damage: 'an unreadable participant manifest',
    inflict: close('participants/sessions.json'),
    findings: [badRecord('sessions', 'EACCES')],
    isPartlyUnknown: true,
  },
  {
    damage: 'an unreadable manifest.json',
    inflict: close('manifest.json'),
    error: {
      code: 'IO_ERROR',
      httpCode: 500,
      message: `Cannot read "${PATH}/manifest.json": EACCES`,
      errno: 'EACCES',
      path: `${PATH}/manifest.json`,
    },
  },
];

/** Root as it stands under a mode: the right to read whatever it likes is taken from it. */
const UNDER = ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-all'];

async function askWithoutRights({ root }: MadeRun): Promise<Answer> {
  const asked = [{ request: { run_id: RUN_ID }, options: { root } }];
  const { answers } = await runChild<AnswerOutput>('answer', { asked }, { under: UNDER });
  return answers[0] as Answer;
}

const skip = lacks('what cannot be read', 'linux', 'root', 'setpriv');

describe.skipIf(skip)('of an intact run, without the rights of root:', () => {
  it.each(UNREADABLE)('$damage', (row) => holds(row, askWithoutRights));
});

const HARMLESS: readonly Row[] = [
  {
    damage: 'a hard link from outside to an artifact',
    inflict: (run) => linkSync(run.at('trades.db'), join(run.root, 'elsewhere')),
  },
  {
    damage: 'an artifact that is a hard link to an identical copy outside',
    inflict: replace('trades.db', (path, run) => {
      writeFileSync(join(run.root, 'elsewhere'), TRADES);
      linkSync(join(run.root, 'elsewhere'), path);
    }),
  },
  {
    damage: 'an artifact that is sparse now',
    inflict: replace('accounts.sparse', (path) => {
      closeSync(openSync(path, 'w'));
      truncateSync(path, SPARSE.length);
    }),
  },
  {
    damage: 'an artifact that is not sparse any more',
    inflict: (run) => writeFileSync(run.at('accounts.sparse'), readFileSync(run.at('accounts.sparse'))),
  },
  { damage: 'an empty directory', inflict: (run) => mkdirSync(run.at('sub/empty')) },
  { damage: 'other times', inflict: (run) => utimesSync(run.at('trades.db'), 1, 1) },
];

describe('getBackupRun() takes no offence at', () => {
  it.each(HARMLESS)('$damage', (row) => holds({ ...row, findings: [] }));

  it.skipIf(lacks('an artifact of mode 000', 'linux', 'root'))('an artifact of mode 000, as root', () =>
    holds({ damage: '', inflict: close('trades.db'), findings: [] }),
  );
});
