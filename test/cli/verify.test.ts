import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createInspector, type ListedRun } from '../../src/index.ts';
import { wordFor } from '../../src/cli/output/render-verify.ts';
import { runProgram } from '../../src/cli/program.ts';
import type { Channel, CliContext } from '../../src/cli/context.ts';
import { lacks } from '../support/needs.ts';
import { attend, program, run, runInTerminal } from '../support/program.ts';
import { makeRun, RUN_ID, sha256, temporaryDirectory } from '../support/runs.ts';

const DAMAGED = '20260628-121045-000001';
const RUNNING = '20260701-121045-000001';
const BROKEN = '20260627-121045-000001';

/** A root with a run of every kind, the newest first: running, sound, damaged, and one that cannot be inspected. */
function everyKind(): string {
  const { root } = makeRun();
  const at = (started: number): Record<string, unknown> => ({
    started_at: started,
    finished_at: started + 90,
  });
  const damaged = makeRun({ root, runId: DAMAGED, manifest: { ...at(1782641445), trigger: 'manual' } });
  writeFileSync(damaged.at('trades.db'), 'the trades of other days\n');
  const running = { started_at: 1782900645, finished_at: 0, status: 'running' };
  makeRun({ root, runId: RUNNING, directory: '.running', manifest: running });
  const broken = makeRun({ root, runId: BROKEN });
  writeFileSync(broken.at('manifest.json'), '{');
  return root;
}

const COMPLAINT = `backup-run: Cannot use the manifest "backups/completed/${BROKEN}/manifest.json": not JSON: it ends at line 1, column 2, before the value does\n`;

describe('backup-run verify', () => {
  it('tells of every run as it is done, and of all at the end', async () => {
    const { stdout, stderr, code } = await run(['verify', '--all', '--root', everyKind()]);
    expect({ stderr, code }).toStrictEqual({ stderr: COMPLAINT, code: 4 });
    const [running, sound, damaged, broken, summary, rest] = stdout.split('\n');
    expect(broken).toBe(
      `not inspected  ${BROKEN}  Cannot use the manifest "backups/completed/${BROKEN}/manifest.json": not JSON: it ends at line 1, column 2, before the value does`,
    );
    expect(running).toBe(
      `not completed  ${RUNNING}  "backups/.running/${RUNNING}" is not a completed run: its status is "running"`,
    );
    expect(sound).toMatch(new RegExp(`^restorable     ${RUN_ID}  1 artifact, 20 B, \\d+ m?s$`));
    expect(damaged).toBe(
      `damaged        ${DAMAGED}  "trades.db" has 25 bytes on disk but 20 in the manifest`,
    );
    expect(summary).toMatch(
      /^4 runs: 1 restorable, 1 damaged, 1 not completed, 1 not inspected; [\d.]+ m?s\.$/,
    );
    expect(rest).toBe('');
  });

  it('has a row for what holds a manifest under a name that can be no run id, and is not done', async () => {
    const { root } = makeRun();
    const misnamed = makeRun({ root, runId: 'z b' });
    writeFileSync(misnamed.at('trades.db'), 'other trades\n');
    const row = `not inspected  z b  Cannot trust "backups/completed/z b": expected a directory with a run id as its name, found a name that can be none`;
    const all = await run(['verify', '--all', '--root', root]);
    expect(all.code).toBe(4);
    expect(all.stdout).toContain(`${row}\n`);
    expect(all.stdout).toContain('2 runs: 1 restorable, 1 not inspected; ');
    const error = expect.objectContaining({ code: 'BACKUP_RUN_UNSAFE' });
    const json = await run(['verify', '--all', '--json', '--root', root]);
    expect(json.code).toBe(4);
    expect(JSON.parse(json.stdout)).toMatchObject([{ ok: false, run_id: 'z b', error }, { ok: true }]);
    // Nobody knows when it began: it may be the newest.
    for (const args of [
      ['verify', '--latest'],
      ['show', 'latest', '--json'],
    ]) {
      const latest = await run([...args, '--root', root]);
      expect(latest.code, args.join(' ')).toBe(4);
      expect(latest.stdout).toContain('z b');
    }
    const found = await run(['verify', '--latest-restorable', '--root', root]);
    expect(found.code).toBe(0);
    expect(found.stdout).toContain('2 runs: 1 restorable, 1 not inspected; ');
    const alone = join(temporaryDirectory(), 'backups');
    makeRun({ root: alone, runId: 'run 1' });
    expect((await run(['verify', '--latest-restorable', '--root', alone])).code).toBe(4);
  });

  it('has a row for every run that was listed, whatever kept it from being inspected', async () => {
    const { root } = makeRun();
    makeRun({ root, runId: DAMAGED });
    symlinkSync('/nowhere', join(root, 'partial'));
    const rows = new RegExp(
      `^not inspected  ${RUN_ID}  .*ENOENT\\nnot inspected  ${DAMAGED}  .*ENOENT\\n2 runs: `,
    );
    const { stdout, code } = await run(['verify', '--all', '--root', root]);
    expect(code).toBe(4);
    expect(stdout).toMatch(rows);
  });

  const table: [string, string[], number, number][] = [
    ['one that is restorable', [RUN_ID], 0, 2],
    ['one that is damaged', [DAMAGED], 1, 2],
    ['one that is running', [RUNNING], 1, 2],
    ['one that is not found', ['no-such-run'], 3, 0],
    ['one that cannot be inspected', [BROKEN], 4, 2],
    ['restorable and not found', [RUN_ID, 'no-such-run'], 3, 2],
    ['damaged and not found', ['no-such-run', DAMAGED], 1, 2],
    ['all kinds', [RUN_ID, DAMAGED, 'no-such-run', BROKEN], 4, 4],
    ['not verified, by the level', ['--level', 'size', RUN_ID], 4, 2],
    ['not verified, by the time budget', ['--time-budget', '3s', '--max-rate', '0.001kB', RUN_ID], 4, 2],
    ['the newest that is not running', ['--latest'], 0, 2],
  ];
  it.each(table)('ends as the table says: %s', async (_, args, code, lines) => {
    const end = await run(['verify', '--root', everyKind(), ...args]);
    expect(end.code, end.stderr).toBe(code);
    expect(end.stdout.split('\n').length - 1).toBe(lines);
    expect(end.stderr.split('\n').length - 1).toBe(
      args.filter((word) => ['no-such-run', BROKEN].includes(word)).length,
    );
  });

  it('shortens digests, which are all in the answer of show', async () => {
    const made = makeRun();
    writeFileSync(made.at('trades.db'), 'the trades of sunday');
    const [is, was] = ['the trades of sunday', 'the trades of today\n'].map((text) =>
      sha256(text).slice(0, 12),
    );
    const { stdout } = await run(['verify', '--root', made.root, RUN_ID]);
    expect(stdout.split('\n')[0]).toBe(
      `damaged        ${RUN_ID}  "trades.db" has SHA-256 ${is}… on disk but ${was}… in the manifest`,
    );
  });

  it.each([
    [[], 'restorable'],
    [['RUN_NOT_COMPLETED'], 'not completed'],
    [['RUN_NOT_VERIFIED'], 'not verified'],
    [['RUN_NOT_COMPLETED', 'RUN_NOT_VERIFIED'], 'not completed'],
    [['RUN_NOT_COMPLETED', 'RUN_NOT_VERIFIED', 'ARTIFACT_UNREADABLE'], 'not verified'],
    [['RUN_NOT_VERIFIED', 'ARTIFACT_UNREADABLE', 'ARTIFACT_STALLED'], 'not verified'],
    [['RUN_NOT_COMPLETED', 'ARTIFACT_MISSING'], 'damaged'],
    [['RUN_NOT_VERIFIED', 'STATUS_CONFLICT'], 'damaged'],
  ] as const)('has a word for the reasons %j: %s', (codes, word) => {
    expect(wordFor(codes.map((code) => ({ code })))).toBe(word);
  });

  it('says what was not verified', async () => {
    const { stdout } = await run([
      'verify',
      '--root',
      everyKind(),
      '--time-budget',
      '3s',
      '--max-rate',
      '0.001kB',
      RUN_ID,
    ]);
    const [row, summary] = stdout.split('\n');
    expect(row).toBe(
      `not verified   ${RUN_ID}  "backups/completed/${RUN_ID}" is not verified: 0 of 1 artifacts were verified; "trades.db": the time budget is over`,
    );
    expect(summary).toMatch(/^1 run: 1 not verified; /);
  });

  it('calls a run that did not complete that, whatever the level, and none of them verified', async () => {
    const { stdout, code } = await run(['verify', '--level', 'size', '--root', everyKind(), RUNNING, RUN_ID]);
    const [running, sound, summary] = stdout.split('\n');
    expect(running).toBe(
      `not completed  ${RUNNING}  "backups/.running/${RUNNING}" is not a completed run: its status is "running", and 1 more reason`,
    );
    expect(sound).toBe(
      `not verified   ${RUN_ID}  "backups/completed/${RUN_ID}" is not verified: no artifact is read at level "size"`,
    );
    expect(summary).toMatch(/^2 runs: 1 not verified, 1 not completed; /);
    expect(code).toBe(4);
  });

  it.each(['--json', '--ndjson'])("tells the library's own answers for %s", async (form) => {
    const root = everyKind();
    const { stdout, code } = await run(['verify', '--all', '--root', root, form]);
    expect(code).toBe(4);
    await using inspector = createInspector({ root });
    const ids = [RUNNING, RUN_ID, DAMAGED, BROKEN];
    const answers = await Promise.all(ids.map((id) => inspector.validateBackupRun({ run_id: id })));
    const told = form === '--json' ? stdout : `[${stdout.trimEnd().replaceAll('\n', ',')}]`;
    const rows = answers.map((answer, index) =>
      answer.ok || 'run' in answer.error ? answer : { ok: false, run_id: ids[index], error: answer.error },
    );
    expect(JSON.parse(told)).toStrictEqual(rows);
    expect(stdout.trimEnd().split('\n').length).toBe(form === '--json' ? 6 : 4);
  });

  it('tells an array also of one, and nothing of what is not found', async () => {
    const root = everyKind();
    const one = await run(['verify', '--json', '--root', root, 'no-such-run', RUN_ID]);
    expect(JSON.parse(one.stdout)).toMatchObject([{ ok: true, run: { run_id: RUN_ID } }]);
    expect(one.code).toBe(3);
    const none = await run(['verify', '--json', '--root', root, 'no-such-run']);
    expect(none).toMatchObject({ stdout: '', code: 3 });
  });

  it('reads run ids from standard input for -, among others', async () => {
    const input = `${DAMAGED}\r\n\n   \n  ${RUN_ID}`;
    const { stdout, code } = await run(['verify', '--root', everyKind(), RUN_ID, '-'], { input });
    expect(code).toBe(1);
    const ids = [...stdout.matchAll(/^\w+ +(\d{8}-\d{6}-\d{6}) /gm)].map(([, id]) => id);
    expect(ids).toEqual([RUN_ID, DAMAGED, RUN_ID]);
  });

  it.each([['-'], [RUN_ID, '-']])('refuses a standard input that is a directory: %j', async (...words) => {
    const args = [await program(), 'verify', '--root', everyKind(), ...words];
    const command = ['-c', '"$@" </', 'bash', process.execPath, ...args];
    const { stdout, stderr, code } = await attend('bash', command).ended;
    expect({ stdout, code }).toStrictEqual({ stdout: '', code: 2 });
    expect(stderr).toBe('backup-run: Cannot read run ids: standard input is a directory\n');
  });

  /** Runs the program in this process; `onRow` is called for what it prints as data, `onDraw` for the line of progress. */
  async function inProcess(
    args: readonly string[],
    {
      input = async function* () {},
      onRow = () => {},
      onDraw,
    }: { input?: CliContext['input']; onRow?: () => void; onDraw?: (line: string) => void },
  ): Promise<{ out: string; err: string; code: number }> {
    const printed = { out: '', err: '' };
    let now = 0;
    const out: Channel = {
      columns: () => null,
      canRedraw: false,
      print: (text) => {
        printed.out += text;
        onRow();
        return Promise.resolve();
      },
    };
    const err: Channel = {
      columns: () => null,
      canRedraw: onDraw !== undefined,
      print: (text) => {
        if (text.startsWith('\r')) onDraw?.(text);
        else printed.err += text;
        return Promise.resolve();
      },
    };
    const code = await runProgram({
      args,
      environment: {},
      version: '0.0.0',
      out,
      err,
      hasColours: false,
      input,
      signal: new AbortController().signal,
      // The line is drawn at every report.
      clock: () => (onDraw === undefined ? 0 : (now += 100)),
      now: () => 0,
      every: () => () => undefined,
    });
    return { ...printed, code };
  }

  it('ends its JSON also when standard input fails', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      await Promise.resolve();
      yield Buffer.from(`${RUN_ID}\n`);
      throw new Error('EIO');
    }
    const args = ['verify', '-', '--json', '--root', everyKind()];
    const { out, err, code } = await inProcess(args, { input: failing });
    expect({ err, code }).toStrictEqual({ err: 'backup-run: Cannot go on: EIO\n', code: 4 });
    expect(JSON.parse(out)).toMatchObject([{ ok: true, run: { run_id: RUN_ID } }]);
  });

  it('complains of a run that retention removed after it was listed, which changes no exit code', async () => {
    const { root } = makeRun();
    const at = { started_at: 1782641445, finished_at: 1782641535 };
    const { path } = makeRun({ root, runId: DAMAGED, manifest: at });
    const onRow = (): void => rmSync(path, { recursive: true, force: true });
    const { out, err, code } = await inProcess(['verify', '--all', '--root', root], { onRow });
    expect(code).toBe(0);
    expect(err).toBe(
      `backup-run: Cannot find backup run "${DAMAGED}": no status directory holds it (root "${root}")\n`,
    );
    expect(out).toBe(
      `restorable     ${RUN_ID}  1 artifact, 20 B, 0 s\n2 runs: 1 restorable, 1 removed; 0 s.\n`,
    );
  });

  it.each(['2', '0'])(
    'complains of a run that retention removes while it is hashed, with %s threads, which changes no exit code',
    async (threads) => {
      const { root } = makeRun();
      const { path } = makeRun({
        root,
        runId: DAMAGED,
        manifest: { started_at: 1782641445, finished_at: 1782641535 },
        artifacts: { 'large.db': 'x'.repeat(1_000_000) },
      });
      const drawn: string[] = [];
      const onDraw = (line: string): void => {
        const isInside = line.includes(DAMAGED) && /  [1-9]\d? % of 1\.00 MB  /.test(line);
        if (!isInside || drawn.length > 0) return;
        drawn.push(line);
        rmSync(path, { recursive: true });
      };
      const args = ['verify', '--all', '--root', root, '--threads', threads, '--max-rate', '1MB'];
      const { out, err, code } = await inProcess(args, { onDraw });
      expect(drawn).toHaveLength(1);
      expect(code).toBe(0);
      expect(err).toBe(
        `backup-run: Cannot find backup run "${DAMAGED}": no status directory holds it (root "${root}")\n`,
      );
      expect(out).toMatch(
        new RegExp(`^restorable +${RUN_ID} [^\\n]*\\n2 runs: 1 restorable, 1 removed; [^\\n]*\\n$`),
      );
    },
  );

  const mayList = lacks('directories that cannot be listed', 'linux', 'root', 'setpriv');
  it.skipIf(mayList)('verifies the newest run there is when directories cannot be listed', async () => {
    const root = everyKind();
    // Names can be looked up there all the same.
    for (const name of ['failed', 'partial']) mkdirSync(join(root, name), { mode: 0o111 });
    const under = ['--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-all', process.execPath];
    const args = [...under, await program(), 'verify', '--latest', '--root', root];
    const { stdout, stderr, code } = await attend('setpriv', args).ended;
    expect(stdout).toMatch(new RegExp(`^restorable     ${RUN_ID} [^\n]*\n1 run: `));
    expect(stderr.match(/^backup-run: Cannot read "[^"]+": EACCES /gm)).toHaveLength(2);
    expect(code).toBe(4);
  });

  it.each(['--all', '--latest'])('finds nothing in an empty root with %s', async (which) => {
    const root = temporaryDirectory();
    const none = await run(['verify', which, '--root', root]);
    expect(none).toMatchObject({
      stdout: '',
      stderr: `backup-run: Cannot use "${root}" as root: it holds no status directory such as "completed"\n`,
      code: 4,
    });
    mkdirSync(join(root, 'failed'));
    const { stdout, stderr, code } = await run(['verify', which, '--root', root]);
    expect({ stdout, stderr, code }).toStrictEqual({
      stdout: '',
      stderr: `backup-run: There is no backup run in ${root}\n`,
      code: 3,
    });
  });

  it.each([
    [['--status', 'completed', '--limit', '1'], [RUN_ID]],
    [['--status=running'], [RUNNING]],
    [['--trigger', 'manual', '--to', '2026-06-28'], [DAMAGED]],
  ])('verifies with --all what passes %j', async (filter, ids) => {
    const { stdout } = await run(['verify', '--all', '--root', everyKind(), ...filter]);
    const rows = stdout.split('\n').filter((row) => !row.includes(BROKEN));
    expect(rows.slice(0, -2).map((row) => /\d{8}-\d{6}-\d{6}/.exec(row)?.[0])).toEqual(ids);
  });

  it('says so where no run passes', async () => {
    const { root } = makeRun();
    const { stdout, stderr, code } = await run(['verify', '--all', '--type', 'scoped', '--root', root]);
    expect({ stdout, code }).toStrictEqual({ stdout: '', code: 3 });
    expect(stderr).toBe(`backup-run: There is no such backup run in ${root}\n`);
  });

  it('shows a run that cannot be inspected once to a person who sees both streams', async () => {
    const root = everyKind();
    const { stdout, code } = await runInTerminal(
      ['verify', '--quiet', '--no-color', '--root', root, BROKEN],
      {
        columns: 140,
      },
    );
    expect(code).toBe(4);
    expect(stdout.match(/not JSON/g)).toHaveLength(1);
    expect(stdout).toMatch(/^not inspected {2}/);
  });

  it.each(['--all', '--latest'])('says that the root cannot be read with %s', async (which) => {
    const { stdout, stderr, code } = await run(['verify', which, '--root', '/no/such/root']);
    const complaint = 'backup-run: Cannot read "root": ENOENT (root "/no/such/root")\n';
    expect({ stdout, stderr, code }).toStrictEqual({ stdout: '', stderr: complaint, code: 4 });
  });
});

describe('backup-run verify --latest-restorable', () => {
  it('verifies from the newest run on until one is restorable, and ends with that one and its age', async () => {
    const { root } = makeRun({
      runId: DAMAGED,
      manifest: { started_at: 1782641445, finished_at: 1782641535 },
    });
    makeRun({ root, runId: RUNNING, directory: '.running', manifest: { status: 'running', finished_at: 0 } });
    writeFileSync(makeRun({ root }).at('trades.db'), 'the trades of other days\n');
    writeFileSync(makeRun({ root, runId: '20260630-121045-000001' }).at('manifest.json'), '{');
    makeRun({ root, runId: BROKEN, manifest: { started_at: 1, finished_at: 2 } });
    const { stdout, stderr, code } = await run(['verify', '--latest-restorable', '--root', root]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^backup-run: Cannot use the manifest [^\n]*\n$/);
    expect(stdout.split('\n').map((row) => row.slice(0, 38).trim())).toEqual([
      'not inspected  20260630-121045-000001',
      `damaged        ${RUN_ID}`,
      `restorable     ${DAMAGED}`,
      expect.stringMatching(/^3 runs: 1 restorable, 1 damaged, 1 not/) as unknown,
      `The newest restorable run is ${DAMAGED}`.slice(0, 38).trim(),
      '',
    ]);
    expect(stdout).toMatch(
      /, which (?:began [\d,.]+ \w+ ago|claims to begin [\d,.]+ \w+ ahead of this clock)\.\n$/,
    );
    const json = await run(['verify', '--latest-restorable', '--ndjson', '--root', root]);
    const rows = json.stdout.trimEnd().split('\n');
    expect(JSON.parse(rows.at(-1) ?? '')).toMatchObject({ ok: true, run: { run_id: DAMAGED } });
    expect(rows).toHaveLength(3);
  });

  it('ends with 1 where there is none, or with 4 where one could not be inspected', async () => {
    const made = makeRun();
    writeFileSync(made.at('trades.db'), '');
    const asked = ['verify', '--latest-restorable', '--root', made.root];
    const none = await run(asked);
    expect(none).toMatchObject({
      stderr: `backup-run: There is no restorable run in ${made.root}\n`,
      code: 1,
    });
    writeFileSync(makeRun({ root: made.root, runId: BROKEN }).at('manifest.json'), '{');
    expect((await run(asked)).code).toBe(4);
    const root = temporaryDirectory();
    mkdirSync(join(root, 'completed'));
    expect((await run(['verify', '--latest-restorable', '--root', root])).code).toBe(1);
  });
});

describe('backup-run verify on a terminal', () => {
  const skipped = lacks('a terminal', 'script (util-linux)');

  it.skipIf(skipped)('says below a bad row, and no other, what shows it whole', async () => {
    const root = join(temporaryDirectory(), "it's here");
    for (const [runId, content] of [
      [RUN_ID, 'sound'],
      [DAMAGED, 'broken'],
    ] as const) {
      const made = makeRun({ root, runId, artifacts: { 'trades.db': content } });
      if (runId === DAMAGED) writeFileSync(made.at('trades.db'), 'BROKEN');
    }
    const words = ['verify', '--all', '--root', root];
    const hint = `backup-run show --root '${root.replace("'", String.raw`'\''`)}'`;
    for (const [columns, shown] of [
      [400, [`${hint} ${DAMAGED}`]],
      [hint.length + 10, [`${hint} \\`]],
      [60, null],
    ] as const) {
      const { stdout } = await runInTerminal([...words, '--no-color', '--quiet'], { columns });
      expect(stdout.match(/backup-run show.*/g), `${columns}`).toEqual(shown);
    }
    expect((await run(words)).stdout).not.toContain('backup-run show');
  });

  it('names at the end of many rows what is bad, and the newest that is not', async () => {
    const root = temporaryDirectory();
    const idOf = (index: number): string => `202606${10 + index}-121045-000001`;
    for (let index = 0; index < 12; index += 1) {
      const started = Date.UTC(2026, 5, 10 + index) / 1_000;
      const manifest = { started_at: started, finished_at: started + 60 };
      const made = makeRun({ root, runId: idOf(index), manifest });
      if (index === 3 || index === 7) writeFileSync(made.at('trades.db'), 'other trades');
      if (index === 5) writeFileSync(made.at('manifest.json'), '{');
    }
    const { stdout } = await run(['verify', '--all', '--root', root]);
    expect(stdout.trimEnd().split('\n').slice(12)).toEqual([
      expect.stringMatching(/^12 runs: 9 restorable, 2 damaged, 1 not inspected; /),
      `damaged: ${idOf(7)}, ${idOf(3)}`,
      `not inspected: ${idOf(5)}`,
      expect.stringMatching(`^The newest restorable of them is ${idOf(11)}, which `),
    ]);
  });

  it.skipIf(skipped)('has one progress over all runs', async () => {
    const root = temporaryDirectory();
    for (const [runId, bytes] of [
      [RUN_ID, 300],
      [DAMAGED, 200],
    ] as const)
      makeRun({ root, runId, artifacts: { 'trades.db': Buffer.alloc(bytes, 1) } });
    for (const words of [['--all'], [RUN_ID, DAMAGED]]) {
      const { stdout } = await runInTerminal(['verify', ...words, '--root', root], { columns: 120 });
      expect(stdout).toMatch(
        new RegExp(`${words[0] === '--all' ? '2026\\S+' : RUN_ID} \\(1 of 2\\) {2}\\d+ % of 500 B`),
      );
    }
  });

  it.skipIf(skipped)('shows the verdict first and last where there is much between', async () => {
    const { root } = makeRun({
      artifacts: Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`${at}.db`, 'x'])),
    });
    const verdict = 'Sound: 30 artifacts, 30 B, all verified.';
    const words = ['show', RUN_ID, '--no-color', '--root', root];
    const { stdout } = await runInTerminal([...words, '--quiet'], { columns: 80 });
    const lines = stdout.trimEnd().split(/\r?\n/);
    expect([lines[0], lines.at(-1), lines.filter((line) => line === verdict)]).toEqual([
      verdict,
      verdict,
      [verdict, verdict],
    ]);
    const { stdout: piped } = await run(words);
    expect(piped.split('\n').filter((line) => line === verdict)).toHaveLength(1);
  });
});

describe('backup-run list', () => {
  it('tells runs newest first, aligned, in the local zone', async () => {
    const { stdout, stderr, code } = await run(['list', '--root', everyKind()]);
    expect({ stderr, code }).toStrictEqual({ stderr: '', code: 4 });
    const [head, running, sound, damaged, broken, totals, rest] = stdout.split('\n');
    expect(totals).toMatch(/^4 runs: /);
    expect(head).toMatch(/^RUN {21}CLAIMED {5}TYPE {2}TRIGGER {2}STARTED +AGE +SIZE +DURATION$/);
    expect(running).toMatch(new RegExp(`^${RUNNING}  running     full  cron     2026-07-01 12:10:45 .*[+]$`));
    expect(sound).toMatch(new RegExp(`^${RUN_ID}  completed   full  cron     2026-06-29 12:10:45 .* 7 s$`));
    expect(damaged).toMatch(
      new RegExp(`^${DAMAGED}  completed   full  manual   2026-06-28 12:10:45 .* 1 min 30 s$`),
    );
    expect(broken).toBe(
      `${BROKEN}  unreadable  Cannot use the manifest "backups/completed/${BROKEN}/manifest.json": not JSON: it ends at line 1, column 2, before the value does`,
    );
    expect(rest).toBe('');
  });

  const filters: [string[], string[]][] = [
    [['--status', 'running'], [RUNNING]],
    [['--status', 'running,completed', '--trigger', 'manual'], [DAMAGED]],
    [
      ['--status=running', '--status=completed'],
      [RUNNING, RUN_ID, DAMAGED],
    ],
    [['--type', 'scoped'], []],
    [['--from', '1782727845', '--to', '1782727845'], [RUN_ID]],
    [['--from', '2026-06-28', '--to', '2026-06-28'], [DAMAGED]],
    [['--from', '2026-06-29T10:10:46Z'], [RUNNING]],
    [
      ['--limit', '2'],
      [RUNNING, RUN_ID],
    ],
  ];
  it.each(filters)('passes on %j', async (options, ids) => {
    const { stdout } = await run(['list', '--ndjson', '--root', everyKind(), ...options]);
    const rows = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as ListedRun);
    expect(rows.flatMap((row) => (row.ok ? row.run.run_id : []))).toEqual(ids);
  });

  it.each(['--json', '--ndjson'])("tells the library's own rows for %s", async (form) => {
    const root = everyKind();
    const { stdout, stderr, code } = await run(['list', '--root', root, form]);
    expect({ stderr, code }).toStrictEqual({ stderr: COMPLAINT, code: 4 });
    await using inspector = createInspector({ root });
    const rows: ListedRun[] = [];
    for await (const row of inspector.listBackupRuns({ sizes: true })) rows.push(row);
    expect(
      JSON.parse(form === '--json' ? stdout : `[${stdout.trimEnd().replaceAll('\n', ',')}]`),
    ).toStrictEqual(rows);
  });

  it('tells runs apart that began in the hour that comes twice, and takes each by what is typed', async () => {
    const { root } = makeRun({
      runId: 'summer',
      manifest: { started_at: 1792888200, finished_at: 1792888201 },
    });
    makeRun({ root, runId: 'winter', manifest: { started_at: 1792891800, finished_at: 1792891801 } });
    const listed = async (...args: string[]): Promise<string[]> => {
      const environment = { TZ: 'Europe/Berlin' };
      const { stdout } = await run(['list', '--root', root, ...args], { environment });
      return stdout
        .split('\n')
        .flatMap((line) => /^(?:summer|winter).*cron +(\S+ \S+ \S+)/.exec(line)?.[1] ?? []);
    };
    const [summer, winter] = ['2026-10-25 02:30:00 +02:00', '2026-10-25 02:30:00 +01:00'];
    expect(await listed()).toEqual([winter, summer]);
    const [from, to] = [
      ['--from', '2026-10-25T02:30'],
      ['--to', '2026-10-25T02:30'],
    ];
    expect(await listed(...from, ...to)).toEqual([winter, summer]);
    expect(await listed('--from', '2026-10-25T02:30:00+01:00', ...to)).toEqual([winter]);
    expect(await listed('--from', '2026-10-25', '--to', '2026-10-25')).toEqual([winter, summer]);
  });

  it('tells an empty list', async () => {
    const root = temporaryDirectory();
    mkdirSync(join(root, 'completed'));
    const args = ['list', '--root', root];
    expect(await run(args)).toMatchObject({
      stdout: '',
      stderr: `backup-run: There is no backup run in ${root}\n`,
      code: 0,
    });
    expect(await run([...args, '--json'])).toMatchObject({ stdout: '[]\n', stderr: '', code: 0 });
    expect(await run([...args, '--ndjson'])).toMatchObject({ stdout: '', stderr: '', code: 0 });
  });

  it.each(['--utc', '--json', '--ndjson'])(
    'says that the root cannot be read, and nothing on standard output: %s',
    async (form) => {
      const complaint = 'backup-run: Cannot read "root": ENOENT (root "/no/such/root")\n';
      const end = await run(['list', '--root', '/no/such/root', form]);
      expect(end).toMatchObject({ stdout: '', stderr: complaint, code: 4 });
    },
  );

  it('tells as data what could not be listed below the root', async () => {
    const root = temporaryDirectory();
    writeFileSync(join(root, 'failed'), '');
    const { stdout, stderr, code } = await run(['list', '--root', root, '--json']);
    expect(JSON.parse(stdout)).toMatchObject([{ ok: false, run_id: '', error: { code: 'IO_ERROR' } }]);
    expect(stderr).toMatch(/^backup-run: Cannot read "[^"]+\/failed": ENOTDIR [^\n]*\n$/);
    expect(code).toBe(4);
  });

  it('takes a status as often as it is typed for one', async () => {
    const often = Array.from({ length: 121 }, () => '--status=running');
    const { stdout, code } = await run(['list', '--root', everyKind(), ...often]);
    expect(stdout).toContain(`\n${RUNNING} `);
    expect(code).toBe(4);
  });
});
