import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { getBackupRun, type Answer, type Finding } from '../src/index.ts';
import { letGo } from './support/descriptors.ts';
import {
  makeRun,
  runManifest,
  RUN_ID,
  temporaryDirectory,
  tradesRecord,
  type MadeRun,
} from './support/runs.ts';
import { makeCharacterDevice, makeFifo, makeSocket, mayMakeDevices } from './support/special.ts';

const RUN = `backups/completed/${RUN_ID}`;
const CONTENT = 'the trades of today\n';

async function ask({ root }: MadeRun): Promise<Answer> {
  const answer = await getBackupRun({ run_id: RUN_ID }, { root });
  await letGo(root);
  return answer;
}

function findingsIn(answer: Answer): readonly Finding[] {
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.findings;
}

function notRegular(kind: string): Finding {
  return {
    code: 'ARTIFACT_NOT_REGULAR_FILE',
    severity: 'error',
    message: `"trades.db" is not a regular file: found a ${kind}`,
    participant: 'trades',
    artifact: 'trades.db',
    path: `${RUN}/trades.db`,
    actual: kind,
  };
}

function unlisted(name: string, shown = name): Finding {
  return {
    code: 'ARTIFACT_UNLISTED',
    severity: 'warning',
    message: `"${RUN}/${shown}" is on disk but in no manifest`,
    path: `${RUN}/${name}`,
  };
}

function brokenFile(reason: string): Finding {
  return {
    code: 'PARTICIPANT_MANIFEST_INVALID',
    severity: 'error',
    message: `"trades" has a manifest that cannot be used: ${reason}`,
    participant: 'trades',
    path: `${RUN}/participants/trades.json`,
    actual: reason,
  };
}

/** A file outside of every root, which looks exactly like the artifact. */
function outside(): string {
  const path = join(temporaryDirectory(), 'outside.db');
  writeFileSync(path, CONTENT);
  return path;
}

type Make = (path: string, run: MadeRun) => void | Promise<void>;

function linkTo(target: string): Make {
  return (path) => symlinkSync(target, path);
}

const makeTwin: Make = (path, run) => {
  writeFileSync(run.at('twin.db'), CONTENT);
  symlinkSync('twin.db', path);
};

describe('getBackupRun() never opens an artifact and says what it is, when it is', () => {
  const kinds: [string, string, Make, Finding[]?][] = [
    ['a symlink to its twin inside the run', 'symlink', makeTwin, [unlisted('twin.db')]],
    ['a symlink to its twin outside of the root', 'symlink', (path) => symlinkSync(outside(), path)],
    ['a dangling symlink', 'symlink', linkTo('nowhere')],
    ['a symlink to itself', 'symlink', linkTo('trades.db')],
    ['a FIFO', 'FIFO', makeFifo],
    ['a socket', 'socket', makeSocket],
    ['an empty directory', 'directory', (path) => mkdirSync(path)],
  ];
  it.each(kinds)('%s', async (_, kind, make, more = []) => {
    const run = makeRun();
    rmSync(run.at('trades.db'));
    await make(run.at('trades.db'), run);
    expect(findingsIn(await ask(run))).toEqual([notRegular(kind), ...more]);
  });

  it.skipIf(!mayMakeDevices())('a character device', async () => {
    const run = makeRun();
    rmSync(run.at('trades.db'));
    makeCharacterDevice(run.at('trades.db'));
    expect(findingsIn(await ask(run))).toEqual([notRegular('character device')]);
  });

  it('below a symlink to a directory, inside or outside', async () => {
    for (const place of ['inside', 'outside']) {
      const run = makeRun({ artifacts: { 'sub/dir/trades.db': CONTENT } });
      const target = place === 'inside' ? run.at('real') : join(temporaryDirectory(), 'real');
      renameSync(run.at('sub/dir'), target);
      symlinkSync(target, run.at('sub/dir'));
      const path = `${RUN}/sub/dir/trades.db`;
      const message = '"sub/dir/trades.db" is not a regular file: found a symlink';
      expect(findingsIn(await ask(run))).toEqual([
        { ...notRegular('symlink'), artifact: 'sub/dir/trades.db', path, message },
        ...(place === 'inside' ? [unlisted('real/trades.db')] : []),
        unlisted('sub/dir'),
      ]);
    }
  });
});

describe('getBackupRun() refuses a run whose manifest.json is', () => {
  const makeManifestElsewhere: Make = (path, run) => {
    writeFileSync(run.at('real.json'), JSON.stringify(runManifest()));
    symlinkSync('real.json', path);
  };
  const kinds: [string, string, Make][] = [
    ['a symlink to a good one', 'symlink', makeManifestElsewhere],
    ['a dangling symlink', 'symlink', linkTo('nowhere')],
    ['a FIFO', 'FIFO', makeFifo],
    ['a socket', 'socket', makeSocket],
  ];
  it.each(kinds)('%s', async (_, kind, make) => {
    const run = makeRun();
    rmSync(run.at('manifest.json'));
    await make(run.at('manifest.json'), run);
    expect(await ask(run)).toEqual({
      ok: false,
      error: {
        code: 'BACKUP_RUN_UNSAFE',
        httpCode: 500,
        message: `Cannot trust "${RUN}/manifest.json": expected a regular file, found a ${kind}`,
        path: `${RUN}/manifest.json`,
      },
    });
  });
});

describe('getBackupRun() takes no record from', () => {
  const record = JSON.stringify(tradesRecord({ 'trades.db': CONTENT }));
  const makeRecordElsewhere: Make = (path, run) => {
    writeFileSync(run.at('participants/real'), record);
    symlinkSync('real', path);
  };
  const kinds: [string, string, Make, Finding[]?][] = [
    ['a symlink to a good one', 'symlink', makeRecordElsewhere, [unlisted('participants/real')]],
    ['a dangling symlink', 'symlink', linkTo('nowhere')],
    ['a FIFO', 'FIFO', makeFifo],
    ['a socket', 'socket', makeSocket],
  ];
  it.each(kinds)('a participant file that is %s', async (_, kind, make, more = []) => {
    const run = makeRun();
    rmSync(run.at('participants/trades.json'));
    await make(run.at('participants/trades.json'), run);
    const broken = brokenFile(`not a regular file but a ${kind}`);
    const answer = await ask(run);
    expect(findingsIn(answer)).toEqual([broken, ...more, unlisted('trades.db')]);
    expect(answer).toMatchObject({ run: { participants: [{ name: 'trades', error: broken.message }] } });
  });

  it('a participants directory that is a symlink, from behind which no name appears', async () => {
    for (const participants of [['trades'], []]) {
      const run = makeRun({ manifest: { participants } });
      const away = join(temporaryDirectory(), 'away');
      renameSync(run.at('participants'), away);
      writeFileSync(join(away, 'accounts.json'), record);
      writeFileSync(join(away, 'unlisted.db'), CONTENT);
      symlinkSync(away, run.at('participants'));
      const broken = participants.length === 0 ? [] : [brokenFile('not a regular file but a symlink')];
      const answer = await ask(run);
      expect(findingsIn(answer)).toEqual([...broken, unlisted('participants'), unlisted('trades.db')]);
      expect(JSON.stringify(answer)).not.toMatch(/accounts|unlisted\.db|away/);
    }
  });

  it('a participants directory that is a file, below which there is nothing', async () => {
    const run = makeRun();
    rmSync(run.at('participants'), { recursive: true });
    writeFileSync(run.at('participants'), record);
    const missing: Finding = {
      code: 'PARTICIPANT_MISSING',
      severity: 'error',
      message: '"trades" is named by the run but has no record',
      participant: 'trades',
      path: `${RUN}/participants/trades.json`,
    };
    expect(findingsIn(await ask(run))).toEqual([missing, unlisted('participants'), unlisted('trades.db')]);
  });

  it('participant files whose names are not UTF-8, and tells each of them', async () => {
    const run = makeRun();
    for (const byte of [0xff, 0xfe]) {
      const name = Buffer.concat([
        Buffer.from(`${run.at('participants')}/`),
        Buffer.of(byte),
        Buffer.from('.json'),
      ]);
      writeFileSync(name, record);
      onTestFinished(() => unlinkSync(name));
    }
    const findings = findingsIn(await ask(run));
    expect(findings.map(({ code, path }) => [code, path])).toEqual([
      ['PARTICIPANT_MANIFEST_INVALID', `${RUN}/participants/\\xfe.json`],
      ['PARTICIPANT_MANIFEST_INVALID', `${RUN}/participants/\\xff.json`],
    ]);
  });
});

describe('getBackupRun() tells what is on disk and claimed by nobody', () => {
  it('but no empty directory', async () => {
    const run = makeRun();
    mkdirSync(run.at('empty/deep/down'), { recursive: true });
    mkdirSync(run.at('participants/empty'));
    expect(await ask(run)).toMatchObject({ ok: true, findings: [], coverage: { complete: true } });
  });

  it('of whatever kind, and opens or follows none of it', async () => {
    const run = makeRun();
    const away = temporaryDirectory();
    writeFileSync(join(away, 'from-outside'), CONTENT);
    mkdirSync(run.at('sub'));
    makeFifo(run.at('a-fifo'));
    makeFifo(run.at('participants/a-fifo'));
    await makeSocket(run.at('sub/a-socket'));
    symlinkSync(away, run.at('sub/to-directory'));
    symlinkSync(run.path, run.at('sub/to-itself'));
    symlinkSync('nowhere', run.at('dangling'));
    const names = [
      'a-fifo',
      'dangling',
      'participants/a-fifo',
      'sub/a-socket',
      'sub/to-directory',
      'sub/to-itself',
    ];
    expect(findingsIn(await ask(run))).toEqual(names.map((name) => unlisted(name)));
  });

  const odd: [string, string | Buffer, string?, string?][] = [
    ['a line break', 'a\nb', 'a\nb', 'a\\u000ab'],
    ['an escape sequence', 'a\u001b[2Jb', 'a\u001b[2Jb', 'a\\u001b[2Jb'],
    ['a backslash', 'a\\b', 'a\\b', 'a\\\\b'],
    ['a quote', 'a"b', 'a"b', 'a\\"b'],
    ['a direction mark', 'a\u202egnp.db', 'a\u202egnp.db', 'a\\u202egnp.db'],
    ['what is no UTF-8', Buffer.from([0x61, 0xff, 0xc3]), 'a\\xff\\xc3', 'a\\\\xff\\\\xc3'],
    ['glob characters', '!(a)*?[b]{c,d}+@|^$'],
    ['percent signs', '%41%'],
    ['a leading dot', '.hidden'],
    ['dots alone', '...'],
    ['spaces at its ends', ' a '],
    ['letters beyond ASCII', 'ü-u\u0308-日本-😀'],
    ['255 bytes', 'x'.repeat(255)],
  ];
  it.each(odd)('with %s in its name', async (_, name, told = String(name), shown = told) => {
    const run = makeRun();
    const path = Buffer.concat([Buffer.from(`${run.path}/`), Buffer.from(name)]);
    writeFileSync(path, CONTENT);
    onTestFinished(() => unlinkSync(path));
    expect(findingsIn(await ask(run))).toEqual([unlisted(told, shown)]);
  });

  it('but not what is claimed under such a name', async () => {
    const names = ['a\nb', '!(a)*?[b]{c,d}', '%41%', '.hidden', ' a ', 'a\u202eb', 'ü-u\u0308', 'sub*/a"b'];
    const run = makeRun({ artifacts: Object.fromEntries(names.map((name) => [name, CONTENT])) });
    expect(await ask(run)).toMatchObject({ ok: true, findings: [], coverage: { verified: names.length } });
  });
});
