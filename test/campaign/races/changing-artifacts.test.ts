import {
  appendFileSync,
  chmodSync,
  linkSync,
  readdirSync,
  readlinkSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createInspector, type Answer, type Finding } from '../../../src/index.ts';
import { CHUNK } from '../../../src/hashing/hash-file.ts';
import { lacks, tell } from '../../support/needs.ts';
import { makeRun, RUN_ID, sha256, type MadeRun } from '../../support/runs.ts';
import { inspectStepped, steppedRoot } from '../../support/stepped.ts';

const skip = lacks('artifacts that change while they are hashed', 'linux');

const SIZE = 3 * CHUNK + 7;
const CONTENT = Buffer.alloc(SIZE, 'the trades of today ');
/** Another content of the same size that differs only at the very end. */
const OTHER = Buffer.from(CONTENT).fill('x', SIZE - 1);

/** What is done to the artifact, with nothing of it in the past: a clock that stands still would hide it. */
type Change = (path: string, times: number) => void;

function makeLargeRun(): MadeRun {
  const run = makeRun({ artifacts: { 'trades.db': CONTENT } });
  utimesSync(run.at('trades.db'), 1_782_727_850, 1_782_727_850);
  return run;
}

/** Inspects a run; the change is made after the first chunk of each of the first readings. */
async function inspectChanging(run: MadeRun, change: Change, readings: number): Promise<Answer> {
  let read = 0;
  let started = 0;
  return inspectStepped(steppedRoot(run.root), RUN_ID, {
    onBytes: (count) => {
      // A reading begins with a whole chunk, and ends with what is left.
      if (read === 0 && started < readings) {
        started += 1;
        change(run.at('trades.db'), started);
      }
      read = count < CHUNK ? 0 : read + count;
    },
  });
}

const about = {
  severity: 'error',
  participant: 'trades',
  artifact: 'trades.db',
  path: `backups/completed/${RUN_ID}/trades.db`,
} as const;

const CHANGED: Finding = {
  code: 'ARTIFACT_CHANGED',
  ...about,
  message: '"trades.db" changed while it was hashed, twice',
};

function sizeMismatch(actual: number): Finding {
  const message = `"trades.db" has ${actual} bytes on disk but ${SIZE} in the manifest`;
  return { code: 'ARTIFACT_SIZE_MISMATCH', ...about, message, expected: SIZE, actual };
}

function digestMismatch(content: Uint8Array): Finding {
  const [actual, expected] = [sha256(content), sha256(CONTENT)];
  const message = `"trades.db" has SHA-256 ${actual} on disk but ${expected} in the manifest`;
  return { code: 'ARTIFACT_DIGEST_MISMATCH', ...about, message, expected, actual };
}

/** A change, what is found when it is made during both readings, and when during the first alone. */
interface Row {
  readonly name: string;
  readonly change: Change;
  readonly twice: readonly Finding[];
  readonly once: readonly Finding[];
  /** Bytes of the first reading, during which the change is made, and of each one after it. */
  readonly bytes: readonly [number, number];
}

const TABLE: readonly Row[] = [
  {
    name: 'is appended to, and cut off one byte after its first size',
    change: (path) => appendFileSync(path, 'more'),
    // Before the second reading its size is wrong, which is final.
    twice: [sizeMismatch(SIZE + 4)],
    once: [sizeMismatch(SIZE + 4)],
    bytes: [SIZE + 1, SIZE + 4],
  },
  {
    name: 'is truncated behind what was read',
    change: (path, times) => truncateSync(path, 2 * CHUNK - times),
    twice: [sizeMismatch(2 * CHUNK - 1)],
    once: [sizeMismatch(2 * CHUNK - 1)],
    bytes: [2 * CHUNK - 1, 2 * CHUNK - 1],
  },
  {
    name: 'is rewritten with another content of the same size',
    change: (path) => writeFileSync(path, OTHER),
    twice: [CHANGED],
    once: [digestMismatch(OTHER)],
    bytes: [SIZE, SIZE],
  },
  {
    name: 'is rewritten with its own content',
    change: (path) => writeFileSync(path, CONTENT),
    twice: [CHANGED],
    once: [],
    bytes: [SIZE, SIZE],
  },
];

describe.skipIf(skip)('getBackupRun() judges an artifact that', () => {
  it.each(TABLE)('$name, during both readings', async ({ change, twice }) => {
    const answer = await inspectChanging(makeLargeRun(), change, 2);
    expect(answer).toMatchObject({ ok: true, findings: twice, coverage: { complete: true } });
  });

  it.each(TABLE)('$name, during the first reading alone', async ({ change, once, bytes: [first, then] }) => {
    const answer = await inspectChanging(makeLargeRun(), change, 1);
    expect(answer).toMatchObject({ ok: true, findings: once, coverage: { complete: true } });
    // Read again because of the change, unless its size says enough, and once more because of a mismatch.
    const { bytesRead } = answer.ok ? answer.coverage : { bytesRead: 0 };
    expect(bytesRead).toBeGreaterThanOrEqual(first);
    expect(bytesRead).toBeLessThanOrEqual(first + 2 * then);
  });

  it('grows between the look at its size and the first reading: it is not read to its new end', async () => {
    const run = makeLargeRun();
    const grown = SIZE + 40 * CHUNK;
    const end = await callOfFirstByte();
    for (let at = 0; at < end; at += 1) {
      truncateSync(run.at('trades.db'), SIZE);
      const answer = await inspectStepped(steppedRoot(run.root), RUN_ID, {
        before: (call) => {
          if (call === at) truncateSync(run.at('trades.db'), grown);
        },
      });
      // A wrong size is final: there is nothing to learn from the bytes.
      const { bytesRead } = answer.ok ? answer.coverage : { bytesRead: 0 };
      expect(bytesRead, `grown before call ${at}`).toBeLessThanOrEqual(3 * (SIZE + 1));
      expect(answer.ok && answer.findings.map(({ code }) => code)).toEqual([
        expect.stringMatching(/^ARTIFACT_(?:SIZE_MISMATCH|CHANGED)$/),
      ]);
    }
  });

  /** The number of the call that is made after the first bytes of an artifact were read. */
  async function callOfFirstByte(): Promise<number> {
    let calls = 0;
    let first = 0;
    await inspectStepped(steppedRoot(makeLargeRun().root), RUN_ID, {
      before: (call) => (calls = call),
      onBytes: () => (first ||= calls + 1),
    });
    return first;
  }

  it.each<[string, Change]>([
    ['is made read-only', (path) => chmodSync(path, 0o400)],
    ['gets a second name', (path, times) => linkSync(path, `${path}.${times}`)],
    [
      'is renamed and back',
      (path) => {
        renameSync(path, `${path}.away`);
        renameSync(`${path}.away`, path);
      },
    ],
  ])('%s: its content is believed, whichever readings that happens in', async (_, change) => {
    for (const readings of [1, 2, 9]) {
      const answer = await inspectChanging(makeLargeRun(), change, readings);
      const artifact = { integrity_ok: true, validation_ok: true };
      expect(answer).toMatchObject({
        ok: true,
        run: { participants: [{ artifacts: [artifact] }] },
        coverage: { complete: true, bytesRead: 2 * SIZE },
      });
    }
  });

  it('is rewritten at the same size with its mtime put back, which only the ctime tells', async () => {
    const answer = await inspectChanging(
      makeLargeRun(),
      (path) => {
        const { atime, mtime } = statSync(path);
        writeFileSync(path, OTHER);
        utimesSync(path, atime, mtime);
      },
      1,
    );
    expect(answer).toMatchObject({ ok: true, findings: [digestMismatch(OTHER)] });
  });

  it('is replaced by another file while it is read: what was opened is judged', async () => {
    const answer = await inspectChanging(
      makeLargeRun(),
      (path) => {
        writeFileSync(`${path}.new`, OTHER);
        renameSync(`${path}.new`, path);
      },
      1,
    );
    // The rename took the last name of what was opened, which moves its ctime: so it was read again, by its name.
    expect(answer).toMatchObject({ ok: true, findings: [digestMismatch(OTHER)] });
  });

  it('is taken away while it is read: missing', async () => {
    const answer = await inspectChanging(makeLargeRun(), (path) => renameSync(path, `${path}.away`), 1);
    const message = '"trades.db" is recorded but not on disk';
    expect(answer).toMatchObject({
      ok: true,
      findings: [{ code: 'ARTIFACT_MISSING', ...about, message }, { code: 'ARTIFACT_UNLISTED' }],
    });
  });
});

describe.skipIf(skip)('getBackupRun() judges a large artifact that really changes beside it', () => {
  const LARGE = Buffer.alloc(32 * 1_024 * 1_024, 'the trades of today ');

  /** Whether this process has a file open for reading, which is not so while it is merely pinned. */
  function isBeingRead(path: string): boolean {
    return readdirSync('/proc/self/fd').some((fd) => {
      try {
        const isPin = /^flags:\s+\d*1\d{7}$/m.test(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'));
        return !isPin && readlinkSync(`/proc/self/fd/${fd}`) === path;
      } catch {
        return false;
      }
    });
  }

  async function inspectBeside(change: (path: string) => void, most: number): Promise<[Answer, number]> {
    const run = makeRun({ artifacts: { 'trades.db': LARGE } });
    const path = run.at('trades.db');
    await using inspector = createInspector({ root: run.root });
    let made = 0;
    const over = new AbortController();
    const changing = (async () => {
      let wasRead = false;
      while (!over.signal.aborted) {
        const isRead = isBeingRead(path);
        if (isRead && (!wasRead || most === Infinity) && made < most) {
          change(path);
          made += 1;
        }
        wasRead = isRead;
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const answer = await inspector.getBackupRun({ run_id: RUN_ID });
    over.abort();
    await changing;
    return [answer, made];
  }

  it('grows without end: cut off, and of a wrong size', async () => {
    const [answer, made] = await inspectBeside((path) => appendFileSync(path, 'more'), Infinity);
    tell(`an artifact that was appended to ${made} times while it was read`);
    expect(answer).toMatchObject({ ok: true, findings: [{ code: 'ARTIFACT_SIZE_MISMATCH' }] });
    const { bytesRead } = answer.ok ? answer.coverage : { bytesRead: 0 };
    expect(bytesRead).toBeLessThanOrEqual(LARGE.length + 1);
  });

  it('is written to once: hashed again and judged', async () => {
    const [answer, made] = await inspectBeside((path) => writeFileSync(path, LARGE), 1);
    expect(made).toBe(1);
    expect(answer).toMatchObject({ ok: true, findings: [], coverage: { complete: true } });
  });
});
