import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { width } from '../../src/cli/output/width.ts';
import { lacks } from '../support/needs.ts';
import { run, runInTerminal } from '../support/program.ts';
import { makeRun, RUN_ID, temporaryDirectory } from '../support/runs.ts';

/** Names in several scripts and directions, with emoji of several parts, and with what a terminal would obey. */
const NAMES = [
  '約定の帳簿.db',
  'سجل الصفقات.db',
  'ยอดคงเหลือ.db',
  'żółć\u0301\u0302.db',
  '👨‍👩‍👧‍👦🏳️‍🌈.db',
  'a\u001b[2J\u0007b.db',
  '\u202egnp.db',
];

const DAMAGED = '20260628-121045-000001';
const FAILED = '20260627-121045-000001';
const BROKEN = '20260626-121045-000001';
const GONE = '20200101-000000-000001';

type Kind = 'sound' | 'damaged' | 'failed' | 'broken';

/** A root with runs of these kinds. */
function rootWith(...kinds: Kind[]): string {
  const root = join(temporaryDirectory(), 'バックアップ');
  const artifacts = Object.fromEntries(NAMES.map((name) => [name, name]));
  for (const kind of kinds) {
    if (kind === 'sound') makeRun({ root, artifacts });
    if (kind === 'damaged') {
      const made = makeRun({ root, runId: DAMAGED, artifacts });
      for (const name of NAMES) writeFileSync(made.at(name), `${name}.`);
    }
    const manifest = { status: 'failed', error_summary: NAMES.join(' '), started_at: 1782555045 };
    if (kind === 'failed') makeRun({ root, runId: FAILED, directory: 'failed', artifacts, manifest });
    if (kind === 'broken') writeFileSync(makeRun({ root, runId: BROKEN }).at('manifest.json'), '{');
  }
  return root;
}

const cases: [code: number, why: string, words: string[], kinds: Kind[]][] = [
  [0, 'a sound run', ['show', RUN_ID], ['sound']],
  [0, 'a sound run', ['verify', RUN_ID], ['sound']],
  [0, 'runs that can be listed, whatever they claim', ['list'], ['sound', 'damaged', 'failed']],
  [0, 'a year of them', ['list', '--calendar'], ['sound', 'damaged', 'failed']],
  [0, 'the newest run', ['verify', '--latest'], ['sound', 'damaged']],
  [0, 'a restorable run below others', ['verify', '--latest-restorable'], ['sound', 'failed', 'broken']],
  [1, 'a finding of severity error', ['show', DAMAGED], ['damaged']],
  [1, 'a run that cannot be restored from', ['verify', DAMAGED, RUN_ID], ['sound', 'damaged']],
  [1, 'no restorable run', ['verify', '--latest-restorable'], ['damaged', 'failed']],
  [3, 'a run that is not found', ['show', GONE], ['sound']],
  [3, 'a run that is not found beside a sound one', ['verify', GONE, RUN_ID], ['sound']],
  [4, 'a run that could not be inspected', ['show', BROKEN], ['broken']],
  [4, 'a run that cannot be listed', ['list'], ['sound', 'broken']],
  [4, 'a level that hashes nothing', ['verify', '--level', 'size', RUN_ID], ['sound']],
  [4, 'a root without status directories', ['list'], []],
  [4, 'what is worst of several', ['verify', GONE, DAMAGED, BROKEN], ['damaged', 'broken']],
  [1, 'what is worse of two', ['verify', GONE, DAMAGED], ['damaged']],
];

describe('backup-run ends with', () => {
  it.each(cases)('%i through pipes for %s: %j', async (code, _, words, kinds) => {
    const root = rootWith(...kinds);
    const ended = await run([...words, '--root', root]);
    expect(ended.code, ended.stderr).toBe(code);
    // Nothing that a terminal would obey.
    expect(ended.stdout + ended.stderr).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  });

  const skipped = lacks('a terminal', 'script (util-linux)');
  it.skipIf(skipped).each(cases)('%i on a terminal for %s: %j', async (code, _, words, kinds) => {
    const root = rootWith(...kinds);
    for (const columns of [60, 80, 140]) {
      const options = [...words, '--root', root, '--no-color', '--quiet'];
      const ended = await runInTerminal(options, { columns });
      expect(ended.code).toBe(code);
      for (const line of ended.stdout.split('\n')) {
        // A complaint is not broken: it may be copied.
        if (!line.startsWith('backup-run: ')) expect(width(line), line).toBeLessThanOrEqual(columns);
      }
    }
  });
});
