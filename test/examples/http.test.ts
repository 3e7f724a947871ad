import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createInspector, type CommandSession, type Inspector } from '../../src/index.ts';
import { beingRead, letGo } from '../support/descriptors.ts';
import { CASES, SPEC_ROOT, SPEC_RUN_ID } from '../support/fixtures.ts';
import { inspectionsEnd, makeLargeRun } from '../support/large-run.ts';
import { RUN_ID } from '../support/runs.ts';
import { SPEC_ROW, SPEC_RUN, SPEC_TEXT } from '../support/spec.ts';
import { createHttpServer } from '../../examples/http-server.ts';

const PATIENCE = { timeout: 60_000, interval: 1 };

/** Serves a root until the test ends; the role is what the header `role` says. */
async function serve(root: string, over: Partial<Inspector> = {}): Promise<{ readonly port: number }> {
  const inspector = createInspector({ root });
  const server = createHttpServer({ ...inspector, ...over }, ({ headers }): CommandSession => ({
    role: headers['role'],
  }));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(async () => {
    await inspector.close();
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    expect(server.listening).toBe(false);
  });
  return { port: (server.address() as AddressInfo).port };
}

interface Got {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

async function get(port: number, path: string, role = 'SESSION_ADMIN'): Promise<Got> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { role } });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

/** The root of a fixture, and the id of the run that it is about. */
function fixture(name: string): { readonly root: string; readonly runId: string } {
  const { root, request: asked } = CASES.find((each) => each.name === name)!;
  return { root, runId: (asked as { run_id: string }).run_id };
}

describe('the HTTP example', () => {
  it('answers with the response of the spec', async () => {
    const { port } = await serve(SPEC_ROOT);
    const expected = { status: 200, type: 'application/json', text: SPEC_TEXT };
    expect(await get(port, `/GetBackupRun?run_id=${SPEC_RUN_ID}`)).toEqual(expected);
    const valid = await get(port, `/ValidateBackupRun?run_id=${SPEC_RUN_ID}`, 'SESSION_MANAGER');
    expect({ ...valid, text: JSON.parse(valid.text) as unknown }).toEqual({
      ...expected,
      text: { ...SPEC_RUN, ok: true },
    });
    const list = await get(port, '/GetBackupRuns');
    expect({ ...list, text: JSON.parse(list.text) as unknown }).toEqual({
      ...expected,
      text: { rows: [SPEC_ROW] },
    });
  });

  const found = '/GetBackupRun?run_id=RUN';
  const valid = '/ValidateBackupRun?run_id=RUN';

  it.each([
    ['intact/spec-example', '/GetBackupRun', 400, 'INVALID_DATA'],
    ['intact/spec-example', '/GetBackupRun?run_ID=1', 400, 'INVALID_DATA'],
    ['intact/spec-example', '/', 404, 'UNKNOWN_COMMAND'],
    ['intact/spec-example', '//', 404, 'UNKNOWN_COMMAND'],
    ['intact/spec-example', '/__proto__?run_id=1', 404, 'UNKNOWN_COMMAND'],
    ['intact/spec-example', '/GetBackupRun/?run_id=1', 404, 'UNKNOWN_COMMAND'],
    ['intact/spec-example', '/GetBackupRun?run_id=..%2F..', 404, 'BACKUP_RUN_NOT_FOUND'],
    ['intact/spec-example', '/GetBackupRun?run_id=%FF%', 404, 'BACKUP_RUN_NOT_FOUND'],
    ['refused/not-found', found, 404, 'BACKUP_RUN_NOT_FOUND'],
    ['refused/ambiguous', found, 409, 'BACKUP_RUN_AMBIGUOUS'],
    ['damaged/digest-same-length', valid, 409, 'BACKUP_RUN_NOT_RESTORABLE'],
    ['refused/run-is-a-file', found, 500, 'BACKUP_RUN_UNSAFE'],
    ['refused/manifest-missing', found, 500, 'MANIFEST_MISSING'],
    ['refused/manifest-not-json', found, 500, 'MANIFEST_INVALID'],
    ['refused/root-missing', found, 500, 'IO_ERROR'],
  ])('of %s answers %s with %i', async (name, path, status, error) => {
    const { root, runId } = fixture(name);
    const { port } = await serve(root);
    const { text, ...head } = await get(port, path.replace('RUN', runId));
    expect(head).toEqual({ status, type: 'application/json' });
    expect(JSON.parse(text)).toEqual({ error, http_code: status, description: expect.any(String) });
  });

  it('answers 403 to whom it does not know, whatever is asked', async () => {
    const { port } = await serve(SPEC_ROOT);
    for (const path of [found, valid, '/GetBackupRun', '/', '/nothing']) {
      const { status, text } = await get(port, path, 'SESSION_TRADER');
      expect([status, JSON.parse(text)]).toEqual([
        403,
        { error: 'ACCESS_DENIED', http_code: 403, description: expect.any(String) },
      ]);
    }
  });

  it('answers 503 when the inspector is busy', async () => {
    const error = { code: 'BUSY', httpCode: 503, message: 'why' } as const;
    const { port } = await serve(SPEC_ROOT, { getBackupRun: async () => ({ ok: false, error }) });
    const { status, text } = await get(port, found);
    expect([status, JSON.parse(text)]).toEqual([503, { error: 'BUSY', http_code: 503, description: 'why' }]);
  });

  it('survives a request for nothing that is a URL', async () => {
    const { port } = await serve(SPEC_ROOT);
    for (const target of ['http://', '//[', '?', 'http://[/GetBackupRun?run_id=1', '*']) {
      const socket = connect(port, '127.0.0.1');
      socket.end(`GET ${target} HTTP/1.1\r\nhost: x\r\nrole: SESSION_ADMIN\r\nconnection: close\r\n\r\n`);
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      expect(bytes.toString(), target).toMatch(/^HTTP\/1\.1 40[04] /);
      socket.destroy();
    }
    expect(await get(port, `/GetBackupRun?run_id=${SPEC_RUN_ID}`)).toHaveProperty('status', 200);
  });

  it('aborts what is under way for a client that goes away', async () => {
    const run = makeLargeRun();
    const { port } = await serve(run.root);
    const ends = inspectionsEnd();
    const headers = { role: 'SESSION_ADMIN' };
    const asking = request({ port, host: '127.0.0.1', path: `/GetBackupRun?run_id=${RUN_ID}`, headers });
    asking.on('error', () => undefined).end();
    await beingRead(run.at('trades.db'));
    asking.destroy();
    await letGo(run.root);
    await vi.waitFor(() => expect(ends).toEqual([expect.objectContaining({ name: 'AbortError' })]), PATIENCE);
    expect(await get(port, '/GetBackupRun?run_id=none')).toHaveProperty('status', 404);
  });
});
