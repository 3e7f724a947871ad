import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { SPEC_ROOT, SPEC_RUN_ID } from '../support/fixtures.ts';
import { attend, type Running } from '../support/program.ts';
import { temporaryDirectory } from '../support/runs.ts';
import { SPEC_RUN, SPEC_TEXT } from '../support/spec.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/example.mjs', import.meta.url));

function example(...words: readonly string[]): Running {
  return attend(process.execPath, [SCRIPT, ...words]);
}

/** What an example prints when it listens. */
async function listens({ child, says }: Running): Promise<string> {
  let said = '';
  child.stdout?.on('data', (text: string) => (said += text));
  await says('stdout', /\n/);
  return said.trim();
}

it('npm run example:http serves until it is told to stop', async () => {
  const server = example('http', SPEC_ROOT, '0');
  const url = new URL(await listens(server));
  const response = await fetch(new URL(`/GetBackupRun?run_id=${SPEC_RUN_ID}`, url));
  expect(await response.text()).toBe(SPEC_TEXT);
  server.child.kill('SIGTERM');
  expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
});

it('npm run example:tcp serves what npm run example:ask asks', async () => {
  const server = example('tcp', SPEC_ROOT, '0');
  const [, port = ''] = (await listens(server)).split(' ');
  const asked = example('ask', port, 'GetBackupRun', JSON.stringify({ run_id: SPEC_RUN_ID }));
  const { stdout, stderr, code } = await asked.ended;
  expect({ stderr, code, reply: JSON.parse(stdout) as unknown }).toEqual({
    stderr: '',
    code: 0,
    reply: { extID: '1', ...SPEC_RUN },
  });
  expect((await example('ask', port, 'GetBackupRun').ended).code).toBe(1);
  server.child.kill('SIGINT');
  expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
});

it('an example that fails says so, and leaves nothing of its build behind', async () => {
  const directory = temporaryDirectory();
  const { ended } = attend(process.execPath, [SCRIPT, 'ask', 'nowhere'], {
    environment: { TMPDIR: directory },
  });
  expect(await ended).toMatchObject({ code: 1, stdout: '' });
  expect(readdirSync(directory)).toEqual([]);
});
