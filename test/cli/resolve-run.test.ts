import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lacks } from '../support/needs.ts';
import { attend, program, run } from '../support/program.ts';
import { makeRun, RUN_ID } from '../support/runs.ts';

const NIGHTLY = 'nightly-2026-06-28';
const RUNNING = '20260701-121045-000001';

/** A root with a running run, the newest, and two others. */
function threeRuns(): string {
  const { root } = makeRun();
  makeRun({ root, runId: NIGHTLY, manifest: { started_at: 1782641445, finished_at: 1782641535 } });
  const running = { started_at: 1782900645, finished_at: 0, status: 'running' };
  makeRun({ root, runId: RUNNING, directory: '.running', manifest: running });
  return root;
}

async function shown(root: string, ...words: string[]): Promise<string> {
  const { stdout, stderr, code } = await run(['show', '--root', root, ...words]);
  expect({ stderr, code }).toStrictEqual({ stderr: '', code: 0 });
  return /^Backup run (\S+)\n/.exec(stdout)?.[1] ?? '';
}

describe('a run id on the command line', () => {
  it('may be a prefix that only one run has', async () => {
    const root = threeRuns();
    expect(await shown(root, 'night')).toBe(NIGHTLY);
    expect(await shown(root, '20260629-12')).toBe(RUN_ID);
    const { stdout, code } = await run(['verify', '--root', root, 'n', RUN_ID]);
    expect(stdout).toMatch(new RegExp(`^restorable +${NIGHTLY} .*\nrestorable +${RUN_ID} `));
    expect(code).toBe(0);
  });

  it('may be latest: the newest run that is not running', async () => {
    const root = threeRuns();
    expect(await shown(root, 'latest')).toBe(RUN_ID);
    expect((await run(['verify', '--root', root, 'latest'])).stdout).toContain(`  ${RUN_ID}  `);
  });

  it('is that of a run before it is anything else', async () => {
    const root = threeRuns();
    makeRun({ root, runId: 'latest', manifest: { started_at: 1, finished_at: 2 } });
    makeRun({ root, runId: 'night', manifest: { started_at: 1, finished_at: 2 } });
    expect(await shown(root, 'latest')).toBe('latest');
    expect(await shown(root, 'night')).toBe('night');
  });

  it('is refused where several runs begin so, with up to ten of them and nothing on standard output', async () => {
    const root = threeRuns();
    for (const asked of [['show'], ['verify', RUN_ID]]) {
      expect(await run([...asked, '2026', '--root', root])).toStrictEqual({
        stdout: '',
        stderr: `backup-run: Cannot choose a run: "2026" is the beginning of ${RUNNING}, ${RUN_ID}\n`,
        code: 2,
        signal: null,
      });
    }
    const ids = Array.from({ length: 12 }, (_, index) => `many-${String(index).padStart(2, '0')}`);
    for (const runId of ids) makeRun({ root, runId });
    const { stderr } = await run(['show', 'many', '--root', root]);
    expect(stderr.match(/many-\d\d/g)).toHaveLength(10);
    expect(stderr).toMatch(/ and 2 more\n$/);
  });

  it('is not found where no run begins so', async () => {
    const root = threeRuns();
    for (const word of ['nope', '', '../', '20260629-121045-00000']) {
      const end = await run(['show', '--root', root, '--', word]);
      expect(end.code, word).toBe(word.startsWith('2026') ? 0 : 3);
    }
  });

  it('of the real form is whole, also when only a longer one exists', async () => {
    const { root } = makeRun({ runId: `${RUN_ID}-again` });
    const { stdout, code } = await run(['show', RUN_ID, '--root', root]);
    expect({ stdout, code }).toStrictEqual({ stdout: '', code: 3 });
  });

  it('on standard input is taken as it is', async () => {
    const root = threeRuns();
    const { stdout, code } = await run(['verify', '-', '--root', root], { input: 'night\n' });
    expect({ stdout, code }).toStrictEqual({ stdout: '', code: 3 });
    expect((await run(['show', '-', '--root', root], { input: 'latest\n' })).code).toBe(3);
  });

  const mayList = lacks('directories that cannot be listed', 'linux', 'root', 'setpriv');
  it.skipIf(mayList)('that a hidden run may have too is complained of', async () => {
    const root = threeRuns();
    mkdirSync(join(root, 'failed'), { mode: 0o111 });
    const under = ['--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-all', process.execPath];
    for (const word of ['night', 'latest']) {
      const args = [...under, await program(), 'show', '--root', root, word];
      const { stdout, stderr, code } = await attend('setpriv', args).ended;
      expect(stdout).toMatch(/^Backup run /);
      expect(stderr).toMatch(/^backup-run: Cannot read "[^"]+\/failed": EACCES /);
      expect(code).toBe(4);
    }
  });
});
