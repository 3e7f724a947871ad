import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { getBackupRun } from '../../src/index.ts';
import { CASES, type Case, SPEC_ROOT, SPEC_RUN_ID } from '../support/fixtures.ts';
import { lacks } from '../support/needs.ts';
import { attend, program, run } from '../support/program.ts';
import { artifactRecord, makeRun, RUN_ID, sha256, temporaryDirectory } from '../support/runs.ts';

/** Fixtures that a command line can ask for. */
const ASKED = CASES.flatMap((each) => {
  const { run_id: runId } = (each.request ?? {}) as { run_id?: unknown };
  // Limits cannot be typed, and a NUL no argument of a program can hold.
  if (typeof runId !== 'string' || /[\0\ufffd]/.test(runId) || runId === '-' || each.options?.limits)
    return [];
  return [{ ...each, runId }];
}).filter((each, index, all) => all.findIndex((other) => kindOf(other) === kindOf(each)) === index);

/** One fixture of a kind is enough: processes take their time. */
function kindOf({ answer, options }: Case): string {
  const codes = answer.ok ? answer.findings.map(({ code }) => code) : [answer.error.code];
  return JSON.stringify([answer.ok && answer.run.status, options?.level, ...new Set(codes)]);
}

function codeOf({ answer }: (typeof ASKED)[number]): number {
  if (answer.ok) return answer.findings.some(({ severity }) => severity === 'error') ? 1 : 0;
  return answer.error.code === 'BACKUP_RUN_NOT_FOUND' ? 3 : 4;
}

describe('backup-run show', () => {
  it('is built', { timeout: 300_000 }, async () => expect(await program()).toMatch(/cli\.js$/));

  it.each(ASKED)('ends as the table says, and --json is the answer of the library: $name', async (each) => {
    const { root, runId, options, answer } = each;
    const level = options?.level === undefined ? [] : ['--level', options.level];
    const shown = await run(['show', '--root', root, '--json', ...level, '--', runId]);
    const code = codeOf(each);
    expect(shown.code, shown.stderr).toBe(code);
    // Not found says nothing on standard output.
    const row = answer.ok ? answer : { ok: false, run_id: runId, error: answer.error };
    expect(shown.stdout).toBe(code === 3 ? '' : `${JSON.stringify(row, null, 2)}\n`);
    expect(shown.stderr).toMatch(answer.ok ? /^$/ : /^backup-run: Cannot [^\n]*\n$/);
  });

  it('tells a run, its parts and the verdict', async () => {
    const { stdout, stderr, code } = await run(['show', SPEC_RUN_ID], {
      environment: { BACKUP_ROOT: SPEC_ROOT },
    });
    expect({ stderr, code }).toStrictEqual({ stderr: '', code: 0 });
    const digest = sha256(readFileSync(join(SPEC_ROOT, 'completed', SPEC_RUN_ID, 'trades.db')));
    expect(stdout.replace(/, [\d,]+ \w+ (?:ago|ahead)$/m, ', AGE')).toBe(`Backup run ${SPEC_RUN_ID}
  status     completed
  type       full
  trigger    manual
  started    2026-06-29 12:10:45 +02:00, AGE
  finished   2026-06-29 12:10:52 +02:00
  duration   7 s
  where      backups/completed/${SPEC_RUN_ID}

  PARTICIPANT / ARTIFACT     SIZE  VERDICT    SHA-256
  trades                  1.05 MB  completed
    trades.db             1.05 MB  ok         ${digest.slice(0, 12)}

Sound: 1 artifact, 1.05 MB, all verified.
`);
  });

  it('tells what was expected and what was found, and not to restore', async () => {
    const made = makeRun({
      artifacts: { 'trades.db': 'the trades\n', 'accounts.db': 'accounts\n' },
      trades: {
        artifacts: [
          { ...artifactRecord('trades.db', 'the trades\n'), sha256: 'a'.repeat(64) },
          artifactRecord('accounts.db', 'accounts\n'),
        ],
      },
    });
    const { stdout, stderr, code } = await run(['show', '--utc', '--root', made.root, RUN_ID]);
    expect({ stderr, code }).toStrictEqual({ stderr: '', code: 1 });
    const actual = sha256('the trades\n');
    expect(stdout).toMatch(/^ {2}started {4}2026-06-29 10:10:45Z, \d+ d (?:ago|ahead)$/m);
    expect(stdout).toContain(`    trades.db             11 B  digest mismatch  ${'a'.repeat(12)}
    accounts.db            9 B  ok               ${sha256('accounts\n').slice(0, 12)}

Findings: 1 error
  error    ARTIFACT_DIGEST_MISMATCH  trades / trades.db
    "trades.db" has SHA-256 ${actual.slice(0, 12)}… on disk but ${'a'.repeat(12)}… in the manifest
    expected  ${'a'.repeat(64)}
    actual    ${actual}
    at        backups/completed/${RUN_ID}/trades.db

Damaged: do not restore from this run; 1 error, 1 of 2 artifacts bad.
`);
  });

  it('counts findings of one kind beyond ten, and shows them when that is asked for', async () => {
    const records = Array.from({ length: 13 }, (_, index) => artifactRecord(`part-${index}.bin`, 'a'));
    const { root } = makeRun({ artifacts: {}, trades: { artifacts: records } });
    const { stdout } = await run(['show', '--root', root, RUN_ID]);
    expect(stdout.match(/ARTIFACT_MISSING {2}trades/g)).toHaveLength(10);
    expect(stdout).toContain('\n  and 3 more ARTIFACT_MISSING; --all-findings shows them\n\nDamaged: ');
    const all = await run(['show', '--root', root, '--all-findings', RUN_ID]);
    expect(all.stdout.match(/ARTIFACT_MISSING {2}trades/g)).toHaveLength(13);
    const json = await run(['show', '--root', root, '--json', RUN_ID]);
    expect(json.stdout.match(/"ARTIFACT_MISSING"/g)).toHaveLength(13);
  });

  it('never says sound of what was not verified', async () => {
    const { root } = makeRun();
    for (const options of [
      ['--level', 'size'],
      ['--level=none'],
      ['--time-budget', '3s', '--max-rate', '0.001kB'],
    ]) {
      const { stdout, code } = await run(['show', '--root', root, ...options, RUN_ID]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/\nNot verified: 1 artifact, 20 B, 0 of 1 verified; [^\n]*\n$/);
    }
  });

  it('never says sound of a run that is not completed', async () => {
    const running = makeRun({ directory: '.running', manifest: { status: 'running', finished_at: 0 } });
    const shown = await run(['show', '--root', running.root, RUN_ID]);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/\n {2}duration {3}.* so far\n/);
    expect(shown.stdout).toMatch(/\nStill running: look again when it has finished; [^\n]*\n$/);
    const failed = makeRun({ directory: 'failed', manifest: { status: 'failed' } });
    const { stdout, code } = await run(['show', '--root', failed.root, RUN_ID]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nNot a restore point: the run is failed, not completed; [^\n]*\n$/);
  });

  it('says in one sentence what of the root is wrong, and nothing on standard output', async () => {
    const directory = temporaryDirectory();
    const missing = join(directory, 'no\u001b[31msuch');
    for (const [root, said] of [
      [missing, String.raw`(root "${directory}/no\u001b[31msuch")`],
      [join(SPEC_ROOT, 'completed', SPEC_RUN_ID, 'manifest.json'), 'ENOTDIR'],
    ] as const) {
      const { stdout, stderr, code } = await run(['show', '--root', root, RUN_ID]);
      expect({ stdout, code }).toStrictEqual({ stdout: '', code: 4 });
      expect(stderr).toMatch(/^backup-run: Cannot read [^\n]*\n$/);
      expect(stderr).toContain(said);
    }
  });

  const mayRead = lacks('a root that cannot be read', 'linux', 'root', 'setpriv');
  it.skipIf(mayRead)('says so of a root that it may not read', async () => {
    const { root } = makeRun();
    chmodSync(root, 0o000);
    const under = ['--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-all', process.execPath];
    const asked = [['show', RUN_ID], ['verify', '--all'], ['verify', RUN_ID], ['list']];
    for (const words of asked) {
      const args = [...under, await program(), ...words, '--root', root];
      const { stdout, stderr, code } = await attend('setpriv', args).ended;
      expect({ stdout, code }).toStrictEqual({ stdout: '', code: 4 });
      expect(stderr).toMatch(/^backup-run: Cannot read [^\n]*: EACCES \(root "[^\n]*"\)\n$/);
    }
    chmodSync(root, 0o755);
  });

  it('reads the run id from standard input for -', async () => {
    const asked = (input: string) => run(['show', '--json', '--root', SPEC_ROOT, '-'], { input });
    const answer = await getBackupRun({ run_id: SPEC_RUN_ID }, { root: SPEC_ROOT });
    expect(await asked(`\n  ${SPEC_RUN_ID}\r\n\n`)).toMatchObject({
      code: 0,
      stdout: `${JSON.stringify(answer, null, 2)}\n`,
    });
    const none = {
      code: 2,
      stdout: '',
      stderr: 'backup-run: Cannot show: expected one run id, found none\n',
    };
    expect(await asked('\n \n')).toMatchObject(none);
    expect(await asked('a\nb\n')).toMatchObject({ code: 2, stdout: '' });
  });

  it('escapes what stands on the disk and in manifests', async () => {
    const bad = 'a\u001b[2J\u0007\u009b31m\u202eb\u200d\u3164\r\n';
    const name = `${bad}.db`;
    const { root } = makeRun({
      manifest: { error_summary: bad, type: 'scoped', requested_participants: ['trades'] },
      artifacts: { stray: 'of nobody' },
      trades: {
        error: bad,
        artifacts: [{ ...artifactRecord(name, 'a'), sha256: bad, integrity_ok: false, integrity_error: bad }],
      },
    });
    for (const asked of [['show', RUN_ID], ['verify', RUN_ID], ['list']]) {
      const { stdout, stderr, code } = await run([...asked, '--root', root]);
      expect({ stderr, code }).toStrictEqual({ stderr: '', code: asked[0] === 'list' ? 0 : code });
      expect(stdout.replaceAll(/[\n –…]/g, '')).toMatch(/^[!-~]+$/);
      expect(stdout).toContain(String.raw`a\u001b[2J\u0007\u009b31m\u202eb\u200d\u3164\u000d\u000a`);
    }
  });

  it.each([
    ['show', '--json', RUN_ID],
    ['verify', '--json', RUN_ID],
    ['verify', '--ndjson', RUN_ID],
    ['list', '--json'],
    ['list', '--ndjson'],
  ])('escapes it in JSON too, which is parsed to the same: %s %s', async (...asked) => {
    const bad = 'a\u001b[2J\u007f\u0085\u009b31m\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069ż';
    const { root } = makeRun({ manifest: { error_summary: bad } });
    const { stdout } = await run([...asked, '--root', root]);
    expect(stdout.replaceAll('\n', '')).toMatch(/^[ -~ż]+$/);
    expect(stdout).toContain(
      String.raw`a\u001b[2J\u007f\u0085\u009b31m\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069ż`,
    );
    const [answer] = [JSON.parse(stdout)].flat() as { run: { error_summary: string } }[];
    expect(answer?.run.error_summary).toBe(bad);
  });

  it('escapes what was typed', async () => {
    const { stdout, stderr, code } = await run(['show', '--root', SPEC_ROOT, 'a\u001b]0;gone\u0007\u202e']);
    expect({ stdout, code }).toStrictEqual({ stdout: '', code: 3 });
    expect(stderr).toBe(
      String.raw`backup-run: Cannot find backup run "a\u001b]0;gone\u0007\u202e": no status directory holds it` +
        ` (root "${SPEC_ROOT}")\n`,
    );
  });
});
