import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { publishRun, type Source } from '../../examples/publish-run.ts';
import { createInspector } from '../../src/index.ts';
import { lacks } from '../support/needs.ts';
import { RUN_ID, temporaryDirectory } from '../support/runs.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));

type Step = (done: string) => Promise<void>;
type Publish = (root: string, sources: readonly Source[], step: Step) => Promise<void>;

const inTypeScript: Publish = async (root, sources, step) => {
  expect(await publishRun(root, RUN_ID, sources, step)).toMatch(new RegExp(`/${RUN_ID}$`));
};

/** The daemon in Python says each step, and waits for a line before the next one. */
const inPython: Publish = async (root, sources, step) => {
  const triples = sources.map(({ name, critical, file }) => [name, critical, file]);
  const program = `
import json, sys
from publish_run import publish_run, wait
publish_run(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), wait)`;
  const args = ['-B', '-c', program, root, RUN_ID, JSON.stringify(triples)];
  const child = spawn('python3', args, { cwd: EXAMPLES, stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise((resolve) => child.on('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    await step(line);
    child.stdin.write('\n');
  }
  expect(await ended).toBe(0);
};

/** What an inspector says after every step: the error's code, or the status and the codes of findings. */
async function watched(publish: Publish, last: Partial<Source>): Promise<string[]> {
  const home = temporaryDirectory();
  const root = join(home, 'backups');
  mkdirSync(join(root, '.running'), { recursive: true });
  for (const name of ['trades', 'accounts']) writeFileSync(join(home, `${name}.db`), `${name} of today\n`);
  const sources = [
    { name: 'trades', critical: true, file: join(home, 'trades.db') },
    { name: 'accounts', critical: true, file: join(home, 'accounts.db'), ...last },
  ];
  const inspector = createInspector({ root });
  const seen: string[] = [];
  await publish(root, sources, async (done) => {
    const answer = await inspector.getBackupRun({ run_id: RUN_ID });
    const said = answer.ok
      ? [answer.run.status, ...answer.findings.map(({ code }) => code)].join(' ')
      : answer.error.code;
    seen.push(`${done.replaceAll(RUN_ID, 'ID')}: ${said}`);
  });
  await inspector.close();
  return seen;
}

/** Whoever looks before the run has its name finds none. */
const BORN = [
  'mkdir: BACKUP_RUN_NOT_FOUND',
  'write .manifest.json: BACKUP_RUN_NOT_FOUND',
  'rename to .ID/manifest.json: BACKUP_RUN_NOT_FOUND',
  'rename to .running/ID: running',
];
const WRITTEN = ['trades', 'accounts'].flatMap((name) => [
  `copy ${name}: running`,
  `write .${name}.json: running`,
  `rename to participants/${name}.json: running`,
  'write .manifest.json: running',
  'rename to ID/manifest.json: running',
]);
/** The last manifest is there, and the run still stands where it was written: for a moment the two disagree. */
const ENDED = ['write .manifest.json: running', 'rename to ID/manifest.json: running STATUS_CONFLICT'];

describe.each([
  ['TypeScript', inTypeScript, false],
  ['Python', inPython, lacks('the daemon in Python', 'python3')],
] as const)('the example daemon in %s', (_, publish, isSkipped) => {
  it.skipIf(isSkipped)('publishes a run that is sound, and is never met half written', async () => {
    const seen = await watched(publish, {});
    expect(seen).toEqual([...BORN, ...WRITTEN, ...ENDED, 'rename to completed/ID: completed']);
  });

  it.skipIf(isSkipped)('publishes as partial where a participant fails that is not critical', async () => {
    const seen = await watched(publish, { critical: false, file: '/nothing/here' });
    expect(seen.slice(-2)).toEqual([ENDED[1], expect.stringMatching(/^rename to partial\/ID: partial\b/)]);
  });

  it.skipIf(isSkipped)('publishes as failed where a critical participant fails', async () => {
    const seen = await watched(publish, { file: '/nothing/here' });
    expect(seen.at(-1)).toMatch(/^rename to failed\/ID: failed\b/);
  });
});
