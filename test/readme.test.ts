import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { blocksOf, textOf } from './support/documents.ts';
import { SPEC_RUN } from './support/spec.ts';
import { makeFolder } from './support/try-blocks.ts';

const README = textOf('README.md');
const BLOCKS = blocksOf(README);

/** The block that is to be saved under this name. */
function named(name: string): string {
  return BLOCKS.find(({ info }) => info === name)?.code ?? '';
}

describe('README.md', () => {
  it('is a door: 12 kB at most', () => expect(Buffer.byteLength(README)).toBeLessThanOrEqual(12_000));

  it('shows the two set-up commands, each on one line', () => {
    expect(README).toContain('\nnpm ci && npm run demo\n');
    expect(README).toContain('\nnpm ci && npm test\n');
  });

  it('shows the response of the spec, of a file with a digest that begins as the one there', () => {
    const [, shown = ''] = /^\$ node inspect\.mjs\n(\{[^]*?^\})$/m.exec(README) ?? [];
    const [, digest = ''] = /^ +"sha256": "(9d10[0-9a-f]{60})"$/m.exec(README) ?? [];
    const participants = SPEC_RUN.participants.map((participant) => ({
      ...participant,
      artifacts: participant.artifacts.map((artifact) => ({ ...artifact, sha256: digest })),
    }));
    expect(shown).toBe(JSON.stringify({ ...SPEC_RUN, participants }, null, 2));
  });

  it('shows a damaged run with its finding, as the library and as the command line say it', () => {
    const console = BLOCKS.filter(({ language }) => language === 'console').map(({ code }) => code);
    expect(console.some((code) => code.includes("code: 'ARTIFACT_DIGEST_MISMATCH'"))).toBe(true);
    expect(console.some((code) => /\n {2}error {4}ARTIFACT_DIGEST_MISMATCH/.test(code))).toBe(true);
  });

  it('has nothing that Node 20 cannot run', () => {
    expect(BLOCKS.filter(({ language }) => language === 'ts')).toEqual([]);
    expect(README).not.toContain('await using');
  });

  it('has a service that answers, and ends when it is told to', async () => {
    const folder = await makeFolder();
    const port = await freePort();
    const service = named('service.mjs');
    expect(service).toContain('.listen(8080,');
    writeFileSync(join(folder.path, 'service.mjs'), service.replace('8080', String(port)));
    const child = spawn(process.execPath, ['service.mjs'], { cwd: folder.path, stdio: 'inherit' });
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = once(child, 'exit');
    const get = (query: string): Promise<Response> => fetch(`http://127.0.0.1:${port}/${query}`);
    const response = await vi.waitFor(() => get('?run_id=none'), { timeout: 60_000, interval: 20 });
    // There is no root yet.
    expect(await response.json()).toMatchObject({ ok: false, error: { code: 'IO_ERROR' } });
    expect((await get('')).status).toBe(400);
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const closed = once(server, 'close');
  server.close();
  await closed;
  return port;
}
