import { readFileSync, renameSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  createInspector,
  createMemo,
  getBackupRun,
  type Answer,
  type ArtifactFile,
  type Inspected,
  type Validator,
  type Verdict,
} from '../../src/index.ts';
import { createWatch } from '../../src/content/call-validator.ts';
import { letGo } from '../support/descriptors.ts';
import {
  artifactRecord,
  makeRun,
  RUN_ID,
  runManifest,
  sha256,
  tradesRecord,
  type MadeRun,
} from '../support/runs.ts';
import { validated, verdictOn } from '../support/validated.ts';

const request = { run_id: RUN_ID };
const PATH = `backups/completed/${RUN_ID}`;

/** A validator that applies to everything and says what it is told to say. */
function saying(verdict: unknown, name = 'test'): Validator {
  return { name, applies: () => true, validate: () => verdict as Verdict };
}

/** A validator that applies to everything and does what it is told to do. */
function doing(validate: Validator['validate'], name = 'test'): Validator {
  return { name, applies: () => true, validate };
}

const agreeing = saying({ ok: true }, 'agreeing');
const about = { participant: 'trades', artifact: 'trades.db', path: `${PATH}/trades.db` };

function inspected(answer: Answer): Inspected {
  if (!answer.ok) throw new Error(answer.error.message);
  return answer;
}

async function readAll(file: ArtifactFile): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.chunks()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const content = 'the trades of today\n';
const trades = (...validators: Validator[]): Parameters<typeof validated>[0] => ({
  name: 'trades.db',
  content,
  validators,
});

describe('getBackupRun() with a validator', () => {
  it('that agrees leaves the answer as it is without one', async () => {
    const run = makeRun();
    const without = inspected(await getBackupRun(request, { root: run.root }));
    const answer = inspected(await getBackupRun(request, { root: run.root, validators: [agreeing] }));
    expect(answer.run).toStrictEqual(without.run);
    expect(answer.findings).toStrictEqual([]);
    // Hashed, and looked at.
    expect(answer.coverage).toStrictEqual({ ...without.coverage, bytesRead: 2 * without.coverage.bytes });
  });

  it('that rejects makes an artifact invalid, whose integrity holds', async () => {
    const { artifact, findings, complete } = await validated(
      trades(saying({ ok: false, reason: 'no rows' })),
    );
    const message = '"trades.db" is rejected by a content validator: no rows';
    expect(findings).toStrictEqual([
      { code: 'ARTIFACT_CONTENT_INVALID', severity: 'error', message, ...about, actual: 'no rows' },
    ]);
    expect(artifact).toMatchObject({
      integrity_ok: true,
      integrity_error: '',
      validation_ok: false,
      validation_error: message,
    });
    expect(complete).toBe(true);
  });

  it('that skips leaves an artifact not verified', async () => {
    const { artifact, findings, complete } = await validated(
      trades(saying({ skipped: true, why: 'no engine' })),
    );
    const actual = 'validator "test" says: no engine';
    const message = `"trades.db" is not verified: ${actual}`;
    expect(findings).toStrictEqual([
      { code: 'ARTIFACT_NOT_VERIFIED', severity: 'warning', message, ...about, actual },
    ]);
    expect(artifact).toMatchObject({
      integrity_ok: true,
      integrity_error: '',
      validation_ok: false,
      validation_error: message,
    });
    expect(complete).toBe(false);
  });

  it('that does not apply leaves the artifact as it is', async () => {
    const never: Validator = { ...saying({ ok: false, reason: 'no' }), applies: () => false };
    expect(await verdictOn(trades(never))).toBe('ok');
  });

  it('says what each of several says, in their order', async () => {
    const { artifact, findings } = await validated(
      trades(
        saying({ ok: false, reason: 'one' }, '1'),
        saying({ skipped: true, why: 'two' }, '2'),
        saying({ ok: true }, '3'),
        saying({ ok: false, reason: 'four' }, '4'),
      ),
    );
    expect(findings.map(({ code, actual }) => [code, actual])).toStrictEqual([
      ['ARTIFACT_NOT_VERIFIED', 'validator "2" says: two'],
      ['ARTIFACT_CONTENT_INVALID', 'one; four'],
    ]);
    expect(artifact.validation_error).toBe(findings.map(({ message }) => message).join('; '));
  });

  it('lists its findings behind what the record says, and those on verification before', async () => {
    const artifacts = { 'trades.db': content };
    const record = { ...artifactRecord('trades.db', content), validation_ok: false, validation_error: 'bad' };
    const run = makeRun({ artifacts, trades: { artifacts: [record, record] } });
    const validators = [saying({ ok: false, reason: 'no' }, 'a'), saying({ skipped: true, why: 'why' }, 'b')];
    const answer = inspected(await getBackupRun(request, { root: run.root, validators }));
    const codes = ['ARTIFACT_NOT_VERIFIED', 'ARTIFACT_RECORDED_INVALID', 'ARTIFACT_CONTENT_INVALID'];
    expect(answer.findings.map(({ code }) => code)).toStrictEqual([...codes, 'ARTIFACT_DUPLICATE', ...codes]);
  });
});

describe('getBackupRun() calls an artifact not verified when a validator', () => {
  const unreadable = new Proxy({}, { ownKeys: () => { throw new Error('hands off'); } }); // prettier-ignore
  const cases: [string, Validator, string][] = [
    ['throws', doing(() => { throw new Error('oops'); }), 'validator "test" failed: oops'], // prettier-ignore
    ['rejects', doing(() => Promise.reject(new Error('oops'))), 'validator "test" failed: oops'],
    ['throws what names a file of the host', doing(() => { readFileSync('/no/such/file'); return { ok: true }; }), 'validator "test" failed: ENOENT'], // prettier-ignore
    ['throws what names a module', doing(() => { throw Object.assign(new Error('Cannot find module x'), { code: 'ERR_MODULE_NOT_FOUND' }); }), 'validator "test" failed: ERR_MODULE_NOT_FOUND'], // prettier-ignore
    ['throws what names paths', doing(() => { throw new Error('no /a/b, nor file:///c d\nRequire stack:\n- /x'); }), 'validator "test" failed: no …, nor … d'], // prettier-ignore
    ['throws a text with a path', doing(() => { throw 'in "/a/b"'; }), 'validator "test" failed: in "…"'], // prettier-ignore
    ['throws what is no error', doing(() => { throw null; }), 'validator "test" failed: null'], // prettier-ignore
    ['throws what cannot be read', doing(() => { throw Object.create(null); }), 'validator "test" failed: an object'], // prettier-ignore
    ['returns what cannot be read', saying(unreadable), 'validator "test" failed: hands off'],
    ...[
      undefined,
      null,
      true,
      'ok',
      {},
      [],
      { ok: 1 },
      { ok: 'true' },
      { ok: false },
      { ok: false, reason: '' },
      { ok: false, reason: 7 },
      { skipped: true },
      { skipped: 'x', why: 'x' },
      { ok: true, skipped: true, why: 'x' },
      { ok: true, reason: 'x' },
      { ok: true, why: 'x' },
      { reason: 'x' },
    ].map(
      // prettier-ignore
      (nonsense): [string, Validator, string] => [
        `returns ${JSON.stringify(nonsense)}`,
        saying(nonsense),
        'validator "test" gave no verdict',
      ],
    ),
    ['throws in applies', { ...saying(1), applies: () => { throw new Error('oops'); } }, 'validator "test" failed: oops'], // prettier-ignore
    ['answers applies with a promise', { ...saying(1), applies: (() => Promise.resolve(false)) as never }, 'validator "test" does not say whether it applies'], // prettier-ignore
    ['answers applies with a promise that rejects', { ...saying(1), applies: (() => Promise.reject(new Error('oops'))) as never }, 'validator "test" does not say whether it applies'], // prettier-ignore
    ['has a name that could steer a terminal', saying(1, 'a\u001b[2J"b'), 'validator "a\\u001b[2J\\"b" gave no verdict'], // prettier-ignore
  ];
  it.each(cases)('%s', async (_, validator, actual) => {
    expect(await verdictOn(trades(validator, agreeing))).toBe(`not verified: ${actual}`);
  });

  it.each(['never answers', 'takes a chunk and never answers'])('%s', async (how) => {
    const signals: AbortSignal[] = [];
    const hanging = doing(async (file, { signal }) => {
      signals.push(signal);
      if (how.startsWith('takes')) for await (const chunk of file.chunks()) if (chunk.length > 0) break;
      return new Promise(() => undefined);
    });
    const given = { ...trades(hanging), options: { stallTimeoutMs: 500 } };
    expect(await verdictOn(given)).toBe('not verified: validator "test" did nothing for 500 ms');
    expect(signals.map(({ aborted }) => aborted)).toStrictEqual([true]);
  });

  it('swallows that the file changed', async () => {
    const run = makeRun({ artifacts: { 'trades.db': Buffer.alloc(1_000_000, 1) } });
    const careless = doing(async (file) => {
      try {
        for await (const chunk of file.chunks()) if (chunk[0] === 1) utimesSync(run.at('trades.db'), 1, 1);
      } catch {
        return { ok: true };
      }
      return { ok: false, reason: 'unreachable' };
    });
    const answer = inspected(await getBackupRun(request, { root: run.root, validators: [careless] }));
    expect(answer.findings.map(({ code, actual }) => [code, actual])).toStrictEqual([
      ['ARTIFACT_NOT_VERIFIED', 'it changed after it was hashed'],
    ]);
  });
});

describe('getBackupRun() gives a validator up late when it', () => {
  it('says that it is alive', async () => {
    const slow = doing(async (_, { alive }) => {
      for (let i = 0; i < 20; i += 1) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        alive();
      }
      return { ok: true };
    });
    expect(await verdictOn({ ...trades(slow), options: { stallTimeoutMs: 200 } })).toBe('ok');
  });
});

describe('createWatch()', () => {
  it('does not give up because the program itself was busy', async () => {
    let gaveUp = 0;
    const watch = createWatch(50, () => {
      gaveUp += 1;
    });
    // Longer than the silence, while a sign of life waits behind the timer.
    const until = performance.now() + 80;
    setImmediate(watch.alive);
    while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(gaveUp).toBe(0);
    await vi.waitUntil(() => gaveUp > 0);
    watch.stop();
    expect(gaveUp).toBe(1);
  });
});

describe('getBackupRun() asks no validator about an artifact', () => {
  const asked = (names: string[]): Validator => ({
    ...agreeing,
    applies: ({ logical_name: name }) => names.push(name) > 0,
  });

  it.each(['size', 'none'] as const)('at level %s', async (level) => {
    const names: string[] = [];
    const { root } = makeRun();
    await getBackupRun(request, { root, level, validators: [asked(names)] });
    expect(names).toStrictEqual([]);
  });

  it('that is missing, empty, of another size or digest, or has none', async () => {
    const artifacts = { a: 'a', b: 'b', c: '', d: 'd', e: 'e', 'good.db': 'good' };
    const records = Object.entries(artifacts).map(([name, text]) => artifactRecord(name, text));
    delete records[4]!['sha256'];
    const run = makeRun({ artifacts, trades: { artifacts: records } });
    rmSync(run.at('a'));
    writeFileSync(run.at('b'), 'bb');
    writeFileSync(run.at('d'), 'x');
    const names: string[] = [];
    await getBackupRun(request, { root: run.root, validators: [asked(names)] });
    expect(names).toStrictEqual(['good.db']);
  });

  it('but asks about one whose digest the memo remembers, or that was recorded as invalid', async () => {
    const run = makeRun({
      trades: { artifacts: [{ ...artifactRecord('trades.db', content), validation_ok: false }] },
    });
    utimesSync(run.at('trades.db'), 1, 1);
    const names: string[] = [];
    const { mtimeMs } = statSync(run.at('trades.db'));
    expect(mtimeMs).toBe(1_000);
    const identities: string[] = [];
    const memo = { ...createMemo(), recall: (identity: string) => { identities.push(identity); return sha256(content); } }; // prettier-ignore
    const answer = inspected(
      await getBackupRun(request, { root: run.root, memo, validators: [asked(names)] }),
    );
    expect(answer.coverage).toMatchObject({ fromMemo: 1, complete: true });
    expect([names, identities.length]).toStrictEqual([['trades.db'], 1]);
  });
});

describe('a validator', () => {
  it('sees the artifact as in the answer, and the first 512 bytes', async () => {
    const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index % 251));
    const seen: unknown[] = [];
    const looking: Validator = {
      ...agreeing,
      applies: (artifact, head) => seen.push(artifact, [...head]) > 0,
    };
    const { artifact } = await validated({ name: 'x/y.bin', content: bytes, validators: [looking] });
    expect(seen).toStrictEqual([artifact, [...bytes.subarray(0, 512)]]);
  });

  it('can change neither the answer nor what the next one sees', async () => {
    const rude: Validator = {
      ...agreeing,
      applies(artifact, head) {
        Object.assign(artifact, { logical_name: 'other', validation_ok: false });
        head.fill(0);
        return true;
      },
    };
    const heads: string[] = [];
    const polite: Validator = { ...agreeing, name: 'polite', applies: (_, head) => heads.push(String(Buffer.from(head))) > 0 }; // prettier-ignore
    const { artifact, findings } = await validated(trades(rude, polite));
    expect([artifact.logical_name, artifact.validation_ok, findings]).toStrictEqual(['trades.db', true, []]);
    expect(heads).toStrictEqual([content]);
  });

  it('reads every byte, as often as it likes, in chunks of its own of at most 256 KiB', async () => {
    const bytes = Buffer.from(Array.from({ length: 600_001 }, (_, index) => (index * 7) % 256));
    const reading = doing(async (file) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of file.chunks()) chunks.push(chunk);
      expect(chunks.map(({ length }) => length)).toStrictEqual([262_144, 262_144, 75_713]);
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
      expect((await readAll(file)).equals(bytes)).toBe(true);
      expect([file.name, file.path, file.size]).toStrictEqual(['x.bin', `${PATH}/x.bin`, 600_001]);
      return { ok: true };
    });
    expect(await verdictOn({ name: 'x.bin', content: bytes, validators: [reading] })).toBe('ok');
  });

  it('can read nothing when it is over, and nothing stays open', async () => {
    const run = makeRun({ artifacts: { 'trades.db': Buffer.alloc(1_000_000, 1) } });
    const kept: ArtifactFile[] = [];
    const iterators: AsyncIterator<Uint8Array>[] = [];
    const keeping = doing(async (file) => {
      kept.push(file);
      const iterator = file.chunks()[Symbol.asyncIterator]();
      iterators.push(iterator);
      await iterator.next();
      return { ok: true };
    });
    expect(inspected(await getBackupRun(request, { root: run.root, validators: [keeping] })).findings).toStrictEqual([]); // prettier-ignore
    await letGo(run.root);
    await expect(readAll(kept[0]!)).rejects.toThrow('the validation is over');
    await expect(iterators[0]!.next()).rejects.toThrow('the validation is over');
    await letGo(run.root);
  });

  it('finds the artifacts beside its own, and cannot read one that is not verified', async () => {
    const run = makeRun({
      artifacts: { 'a.db': 'main', 'a.db-wal': 'log', 'a.db-bad': 'good', 'a.db-none': '' },
    });
    writeFileSync(run.at('a.db-bad'), 'evil');
    writeFileSync(run.at('a.db-stray'), 'stray');
    const looking: Validator = {
      ...doing(async (file) => {
        expect(String(await readAll(file.beside('-wal')!))).toBe('log');
        expect(file.beside('-stray')).toBeNull();
        expect(file.beside('-none')!.size).toBe(0);
        expect(await readAll(file.beside('-none')!)).toHaveLength(0);
        await readAll(file.beside('-bad')!);
        return { ok: true };
      }),
      applies: ({ logical_name: name }) => name === 'a.db',
    };
    const { findings } = inspected(await getBackupRun(request, { root: run.root, validators: [looking] }));
    const its = findings.filter(({ artifact }) => artifact === 'a.db');
    expect(its.map(({ code, actual }) => [code, actual])).toStrictEqual([
      ['ARTIFACT_NOT_VERIFIED', 'validator "test" failed: the integrity of "a.db-bad" is not verified'],
    ]);
  });

  it.each([
    ['was touched', (path: string) => utimesSync(path, 1, 1)],
    ['was cut off', (path: string) => truncateSync(path, 3)],
    ['is gone', (path: string) => rmSync(path)],
    ['was replaced by its equal', (path: string) => { writeFileSync(`${path}2`, content); renameSync(`${path}2`, path); }], // prettier-ignore
  ])('reads nothing of a file that %s after it was hashed', async (_, change) => {
    const run = makeRun();
    const changing: Validator = { ...agreeing, name: 'changing', applies: () => { change(run.at('trades.db')); return false; } }; // prettier-ignore
    let chunks = 0;
    const reading = doing(async (file) => {
      for await (const chunk of file.chunks()) chunks += Number(chunk.length > 0);
      return { ok: false, reason: 'read' };
    });
    const answer = inspected(
      await getBackupRun(request, { root: run.root, validators: [changing, reading] }),
    );
    expect(chunks).toBe(0);
    const told = answer.findings.filter(({ artifact }) => artifact === 'trades.db');
    expect(told.map(({ code, actual }) => [code, actual])).toStrictEqual([
      ['ARTIFACT_NOT_VERIFIED', 'it changed after it was hashed'],
    ]);
  });

  it('is asked once when the run is published meanwhile', async () => {
    const asked = await publishing(() => undefined);
    expect(asked).toStrictEqual(['null', 'completed', []]);
  });

  it('is asked again when the run is published meanwhile with another artifact beside', async () => {
    const asked = await publishing((run) => {
      const record = tradesRecord({ 'trades.db': content, 'trades.db-wal': 'log' });
      writeFileSync(run.at('trades.db-wal'), 'log');
      writeFileSync(run.at('participants/trades.json'), JSON.stringify(record));
    });
    expect(asked).toStrictEqual(['null, log', 'completed', []]);
  });

  /** What a validator found beside the artifact each time it was asked, and what the answer says. */
  async function publishing(change: (run: MadeRun) => void): Promise<unknown[]> {
    const run = makeRun({ directory: '.running', manifest: { status: 'running', finished_at: 0 } });
    const asked: (string | null)[] = [];
    const validator: Validator = {
      ...doing(async (file) => {
        await readAll(file);
        const log = file.beside('-wal');
        asked.push(log && String(await readAll(log)));
        if (asked.length > 1) return { ok: true };
        await mkdir(`${run.root}/completed`, { recursive: true });
        change(run);
        writeFileSync(run.at('manifest.json'), JSON.stringify(runManifest()));
        await rename(run.path, `${run.root}/completed/${RUN_ID}`);
        return { ok: true };
      }),
      applies: ({ logical_name: name }) => name === 'trades.db',
    };
    const answer = inspected(await getBackupRun(request, { root: run.root, validators: [validator] }));
    return [asked.map(String).join(', '), answer.run.status, answer.findings];
  }
});

describe('an inspector with validators', () => {
  const artifacts = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, name.repeat(10)]));

  it('validates two artifacts at once, however many calls there are', async () => {
    const run = makeRun({ artifacts });
    let most = 0;
    let now = 0;
    const counting = doing(async (file) => {
      now += 1;
      most = Math.max(most, now);
      await readAll(file);
      now -= 1;
      return { ok: true };
    });
    await using inspector = createInspector({ root: run.root, validators: [counting] });
    const answers = await Promise.all(Array.from({ length: 4 }, () => inspector.getBackupRun(request)));
    expect(answers.map((answer) => inspected(answer).coverage.complete)).toStrictEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(most).toBe(2);
  });

  it('counts the bytes that validators read', async () => {
    const run = makeRun({ artifacts });
    const reading = doing(async (file) =>
      (await readAll(file)).length === 10 ? { ok: true } : { ok: false, reason: 'short' },
    );
    const { coverage, findings } = inspected(
      await getBackupRun(request, { root: run.root, validators: [reading] }),
    );
    // Hashed, looked at, and read.
    expect([coverage.bytesRead, findings]).toStrictEqual([150, []]);
  });

  it('lets them read no faster than it may', async () => {
    const run = makeRun({ artifacts: { 'trades.db': Buffer.alloc(200_000, 1) } });
    const lengths: number[] = [];
    let milliseconds = 0;
    const reading = doing(async (file) => {
      const since = performance.now();
      for await (const chunk of file.chunks()) lengths.push(chunk.length);
      milliseconds = performance.now() - since;
      return { ok: true };
    });
    const options = { root: run.root, validators: [reading], maxBytesPerSecond: 500_000 };
    inspected(await getBackupRun(request, options));
    // Chunks of a 25th of a second; every one but the first waits for the one before.
    expect(lengths).toStrictEqual(Array.from({ length: 10 }, () => 20_000));
    expect(milliseconds).toBeGreaterThan(9 * 40 - 20);
  });

  it('rejects an aborted call at once, tells the validator, and lets go of everything', async () => {
    const run = makeRun({ artifacts: { 'trades.db': Buffer.alloc(1_000_000, 1) } });
    const controller = new AbortController();
    const reasons: unknown[] = [];
    const aborting = doing(async (file, { signal }) => {
      for await (const chunk of file.chunks()) {
        if (chunk.length > 0) controller.abort('enough');
        reasons.push(signal.reason);
      }
      return { ok: true };
    });
    const options = { root: run.root, validators: [aborting], signal: controller.signal };
    await expect(getBackupRun(request, options)).rejects.toBe('enough');
    expect(reasons).toStrictEqual(['enough']);
    await letGo(run.root);
  });

  it('is closed in the middle of a validation', async () => {
    const run = makeRun({ artifacts: { 'trades.db': Buffer.alloc(1_000_000, 1) } });
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const waiting = doing(async (file, { signal }) => {
      for await (const chunk of file.chunks()) {
        begin();
        if (chunk.length > 0) await new Promise((resolve) => { signal.addEventListener('abort', resolve); }); // prettier-ignore
      }
      return { ok: true };
    });
    const inspector = createInspector({ root: run.root, validators: [waiting] });
    const answer = inspector.getBackupRun(request);
    const rejected = expect(answer).rejects.toThrow('the inspector was closed');
    await begun;
    await inspector.close();
    await rejected;
    await letGo(run.root);
  });

  it('answers with what was validated when the time budget is over, what matters most first', async () => {
    const run = makeRun({ artifacts: { large: 'x'.repeat(5_000), small: 'x', middle: 'x'.repeat(50) } });
    const order: string[] = [];
    const patient = doing((file, { signal }) => {
      order.push(file.name);
      if (file.name === 'small') return { ok: true };
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve({ ok: true })));
    });
    const inspector = createInspector({ root: run.root, validators: [patient] });
    onTestFinished(() => inspector.close());
    const answer = inspected(await inspector.getBackupRun(request, { timeBudgetMs: 1_000 }));
    expect(order.toSorted()).toStrictEqual(['large', 'middle', 'small']);
    // Two at once: which of them begins does not matter.
    expect(order.at(-1)).toBe('large');
    expect(answer.findings.map(({ code, artifact, actual }) => [code, artifact, actual])).toStrictEqual([
      ['ARTIFACT_NOT_VERIFIED', 'large', 'the time budget is over'],
      ['ARTIFACT_NOT_VERIFIED', 'middle', 'the time budget is over'],
    ]);
    expect(answer.coverage).toMatchObject({ verified: 3, complete: false });
  });
});

describe('createInspector() throws for validators', () => {
  const rejected: [string, unknown][] = [
    ['that are no list', agreeing],
    ['that are no objects', [null]],
    ['without a name', [{ ...agreeing, name: '' }]],
    ['whose name is no text', [{ ...agreeing, name: 7 }]],
    ['that do not say what they apply to', [{ name: 'x', validate: () => ({ ok: true }) }]],
    ['that validate nothing', [{ name: 'x', applies: () => true, validate: true }]],
    ['of one name', [agreeing, doing(() => ({ ok: true }), 'agreeing')]],
  ];
  it.each(rejected)('%s', (_, validators) => {
    const options = { root: '/nowhere', validators: validators as Validator[] };
    expect(() => createInspector(options)).toThrow(/^Cannot create an inspector: option `validators/);
  });
});
