import { chmodSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Finding, Inspected } from '../../../src/index.ts';
import { runChild } from '../../support/built.ts';
import type { AnswerOutput, Given } from '../../support/children/answer.ts';
import { lacks } from '../../support/needs.ts';
import { artifactRecord, makeRun, RUN_ID, type MadeRun } from '../../support/runs.ts';

const skipped = lacks('a process without the rights of root', 'linux', 'root', 'setpriv');

const ANSWERED = `backups/completed/${RUN_ID}`;
const artifacts = {
  'trades.db': 'the trades of today\n',
  'sub/dir/part.bin': 'a part\n',
  'sub/other.bin': 'another\n',
};

/** Root as it stands under a mode: to read what it may not is taken from it. */
const UNDER = ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-all'];

async function ask(made: MadeRun): Promise<Given> {
  const sound = makeRun();
  const given = {
    asked: [{ request: { run_id: RUN_ID }, options: { root: made.root } }],
    warmUp: { request: { run_id: RUN_ID }, options: { root: sound.root } },
  };
  const { answers, descriptors } = await runChild<AnswerOutput>('answer', given, { under: UNDER });
  expect(descriptors.after).toBe(descriptors.before);
  return answers[0]!;
}

/** Takes rights from an entry until the test ends. */
function restrict(path: string, mode: number): void {
  const rights = 0o755;
  chmodSync(path, mode);
  onTestFinished(() => chmodSync(path, rights));
}

async function inspect(made: MadeRun): Promise<Inspected> {
  const answer = await ask(made);
  if ('rejected' in answer || !answer.ok) throw new Error(JSON.stringify(answer));
  return answer;
}

function unreadable(artifact: string): Finding {
  return {
    code: 'ARTIFACT_UNREADABLE',
    severity: 'error',
    message: `"${artifact}" is not verified: it cannot be read (EACCES)`,
    participant: 'trades',
    artifact,
    path: `${ANSWERED}/${artifact}`,
    actual: 'EACCES',
  };
}

function unlistable(path: string): Finding {
  return {
    code: 'ARTIFACT_UNREADABLE',
    severity: 'error',
    message: `"${path}" is not verified: it cannot be read (EACCES)`,
    path,
    actual: 'EACCES',
  };
}

/** Which artifacts are good, of all that the run has. */
function verdicts({ run }: Inspected): Record<string, boolean> {
  const all = run.participants.flatMap((each) => each.artifacts);
  for (const each of all) {
    expect(each.validation_ok).toBe(each.integrity_ok);
    expect(each.integrity_error === '').toBe(each.integrity_ok);
    expect(each.validation_error).toBe(each.integrity_error);
  }
  return Object.fromEntries(all.map((each) => [each.logical_name, each.integrity_ok]));
}

describe('getBackupRun() says what it may not read, and verifies the rest, when that is', () => {
  const good = { 'trades.db': true, 'sub/dir/part.bin': true, 'sub/other.bin': true };

  it.skipIf(skipped)('nothing: the run is as intact as it was', async () => {
    const { findings, coverage } = await inspect(makeRun({ artifacts }));
    expect(findings).toStrictEqual([]);
    expect(coverage.complete).toBe(true);
  });

  it.skipIf(skipped)('an artifact', async () => {
    const made = makeRun({ artifacts });
    restrict(made.at('trades.db'), 0o000);
    const answer = await inspect(made);
    expect(answer.findings).toStrictEqual([unreadable('trades.db')]);
    expect(verdicts(answer)).toStrictEqual({ ...good, 'trades.db': false });
    expect(answer.coverage).toMatchObject({ artifacts: 3, verified: 2, complete: false, findingsTotal: 1 });
  });

  it.skipIf(skipped).each([0o000, 0o600])(
    'an artifact in a directory that cannot be entered (mode %i)',
    async (mode) => {
      const made = makeRun({ artifacts });
      restrict(made.at('sub/dir'), mode);
      const answer = await inspect(made);
      expect(answer.findings).toStrictEqual([unreadable('sub/dir/part.bin')]);
      expect(verdicts(answer)).toStrictEqual({ ...good, 'sub/dir/part.bin': false });
      expect(answer.coverage).toMatchObject({ artifacts: 3, verified: 2, complete: false, findingsTotal: 1 });
    },
  );

  it.skipIf(skipped)('several artifacts in a directory that cannot be entered', async () => {
    const made = makeRun({ artifacts });
    restrict(made.at('sub'), 0o000);
    const answer = await inspect(made);
    expect(answer.findings).toStrictEqual([unreadable('sub/dir/part.bin'), unreadable('sub/other.bin')]);
    expect(verdicts(answer)).toStrictEqual({ ...good, 'sub/dir/part.bin': false, 'sub/other.bin': false });
    expect(answer.coverage.complete).toBe(false);
  });

  it.skipIf(skipped)('a directory that can be entered but not listed', async () => {
    const made = makeRun({ artifacts });
    restrict(made.at('sub/dir'), 0o311);
    const answer = await inspect(made);
    expect(answer.findings).toStrictEqual([unlistable(`${ANSWERED}/sub/dir`)]);
    expect(verdicts(answer)).toStrictEqual(good);
    expect(answer.coverage).toMatchObject({ artifacts: 3, verified: 3, complete: false, findingsTotal: 1 });
  });

  it.skipIf(skipped)('the run directory, which can be entered but not listed', async () => {
    const made = makeRun({ artifacts });
    restrict(made.path, 0o311);
    const answer = await inspect(made);
    expect(answer.findings).toStrictEqual([unlistable(ANSWERED)]);
    expect(verdicts(answer)).toStrictEqual(good);
    expect(answer.coverage).toMatchObject({ artifacts: 3, verified: 3, complete: false, findingsTotal: 1 });
  });

  it.skipIf(skipped)('a directory in which nothing is claimed', async () => {
    const claimed = Object.entries(artifacts).map(([name, content]) => artifactRecord(name, content));
    const made = makeRun({
      artifacts: { ...artifacts, 'logs/today.log': '' },
      trades: { artifacts: claimed },
    });
    restrict(made.at('logs'), 0o000);
    const answer = await inspect(made);
    expect(answer.findings).toStrictEqual([unlistable(`${ANSWERED}/logs`)]);
    expect(verdicts(answer)).toStrictEqual(good);
    expect(answer.coverage).toMatchObject({ artifacts: 3, verified: 3, complete: false, findingsTotal: 1 });
  });

  it.skipIf(skipped)('the participants directory, which can be entered but not listed', async () => {
    const made = makeRun({ artifacts });
    restrict(made.at('participants'), 0o311);
    const answer = await inspect(made);
    expect(answer.findings).toStrictEqual([unlistable(`${ANSWERED}/participants`)]);
    expect(verdicts(answer)).toStrictEqual(good);
    expect(answer.coverage).toMatchObject({ artifacts: 3, verified: 3, complete: false, findingsTotal: 1 });
  });

  const invalid: Finding = {
    code: 'PARTICIPANT_MANIFEST_INVALID',
    severity: 'error',
    message: '"trades" has a manifest that cannot be used: EACCES',
    participant: 'trades',
    path: `${ANSWERED}/participants/trades.json`,
    actual: 'EACCES',
  };
  const unlisted = Object.keys(artifacts)
    .toSorted()
    .map((name): Finding => {
      const path = `${ANSWERED}/${name}`;
      return {
        code: 'ARTIFACT_UNLISTED',
        severity: 'warning',
        message: `"${path}" is on disk but in no manifest`,
        path,
      };
    });

  it.skipIf(skipped).each([
    ['a participant file', 'participants/trades.json', 0o000],
    ['the participants directory, which cannot be entered', 'participants', 0o000],
    ['the participants directory, which can be listed but not entered', 'participants', 0o600],
  ])('%s', async (_, name, mode) => {
    const made = makeRun({ artifacts });
    restrict(made.at(name), mode);
    const { run, findings, coverage } = await inspect(made);
    expect(findings).toStrictEqual([invalid, ...unlisted]);
    expect(run.participants).toStrictEqual([
      {
        name: 'trades',
        critical: true,
        ok: false,
        status: 'failed',
        started_at: 0,
        finished_at: 0,
        error: invalid.message,
        artifacts: [],
      },
    ]);
    expect(coverage).toMatchObject({ artifacts: 0, verified: 0, complete: false, findingsTotal: 4 });
  });
});

describe('getBackupRun() answers IO_ERROR, and never that there is nothing, when it may not read', () => {
  const places: [string, (made: MadeRun) => string, number, string][] = [
    ['the run manifest', (made) => made.at('manifest.json'), 0o000, `${ANSWERED}/manifest.json`],
    ['the run directory', (made) => made.path, 0o000, `${ANSWERED}/manifest.json`],
    ['the run directory, which can be listed', (made) => made.path, 0o600, `${ANSWERED}/manifest.json`],
    ['the status directory', (made) => `${made.root}/completed`, 0o000, ANSWERED],
    ['the status directory, which can be listed', (made) => `${made.root}/completed`, 0o600, ANSWERED],
    ['another status directory', (made) => `${made.root}/failed`, 0o000, `backups/failed/${RUN_ID}`],
    ['the root', (made) => made.root, 0o000, 'backups'],
  ];
  it.skipIf(skipped).each(places)('%s', async (_, placeOf, mode, path) => {
    const made = makeRun({ artifacts });
    makeRun({ root: made.root, directory: 'failed', runId: 'another' });
    restrict(placeOf(made), mode);
    const message = `Cannot read "${path}": EACCES`;
    expect(await ask(made)).toStrictEqual({
      ok: false,
      error: { code: 'IO_ERROR', httpCode: 500, message, errno: 'EACCES', path },
    });
  });

  it.skipIf(skipped)('what is above the root', async () => {
    const made = makeRun({ artifacts });
    restrict(`${made.root}/..`, 0o000);
    const message = 'Cannot read "backups": EACCES';
    expect(await ask(made)).toStrictEqual({
      ok: false,
      error: { code: 'IO_ERROR', httpCode: 500, message, errno: 'EACCES', path: 'backups' },
    });
  });
});
