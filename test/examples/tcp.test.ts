import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createInspector, type CommandSession } from '../../src/index.ts';
import { beingRead, letGo } from '../support/descriptors.ts';
import { SPEC_ROOT, SPEC_RUN_ID } from '../support/fixtures.ts';
import { inspectionsEnd, makeLargeRun } from '../support/large-run.ts';
import { makeRun, RUN_ID } from '../support/runs.ts';
import { SPEC_ROW, SPEC_RUN, SPEC_TEXT } from '../support/spec.ts';
import { warnings } from '../support/warnings.ts';
import { createTcpClient } from '../../examples/tcp-client.ts';
import { createTcpServer } from '../../examples/tcp-server.ts';

const ADMIN: CommandSession = { role: 'SESSION_ADMIN' };
const PATIENCE = { timeout: 60_000, interval: 1 };

interface Serving {
  readonly port: number;
  /** Connections that are open. */
  readonly connections: () => Promise<number>;
}

/** Serves a root until the test ends; then nothing listens any more. */
async function serve(
  root = SPEC_ROOT,
  logIn: (socket: Socket) => CommandSession = () => ADMIN,
): Promise<Serving> {
  const inspector = createInspector({ root });
  const server = createTcpServer(inspector, logIn);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(async () => {
    await inspector.close();
    const closed = once(server, 'close');
    server.close();
    await closed;
    expect(server.listening).toBe(false);
  });
  const connections = (): Promise<number> =>
    new Promise((resolve, reject) => {
      server.getConnections((fault, count) => (fault === null ? resolve(count) : reject(fault)));
    });
  return { port: (server.address() as AddressInfo).port, connections };
}

/** A client of the example, which is closed when the test ends. */
function client(port: number): ReturnType<typeof createTcpClient> {
  const made = createTcpClient(port);
  onTestFinished(() => void made.close());
  return made;
}

interface Wire {
  readonly socket: Socket;
  /** Sends bytes as one packet, as far as that can be had. */
  readonly send: (bytes: Buffer | string) => Promise<void>;
  /** The text of the next replies, without what ends each. */
  readonly replies: (count: number) => Promise<string[]>;
}

/** A client that knows nothing but bytes. */
async function wire(port: number): Promise<Wire> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  let received = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
  });
  socket.on('error', () => undefined);
  return {
    socket,
    send: (bytes) => new Promise((sent) => socket.write(bytes, () => setImmediate(sent))),
    replies: (count) =>
      vi.waitFor(() => {
        const lines = received.toString().split('\r\n');
        expect(lines.pop()).toBe('');
        expect(lines).toHaveLength(count);
        return lines;
      }, PATIENCE),
  };
}

const ask = (extID: string, runId = SPEC_RUN_ID): string =>
  `${JSON.stringify({ command: 'GetBackupRun', extID, data: { run_id: runId } })}\r\n`;

describe('the TCP example', () => {
  it('answers the request of the spec with the response of the spec and extID, byte for byte', async () => {
    const { port } = await serve();
    const { send, replies } = await wire(port);
    await send(`{
  "command": "GetBackupRun",
  "extID": "1",
  "data": {
    "run_id": "20260629-121045-000001"
  }
}\r\n`);
    expect(await replies(1)).toEqual([SPEC_TEXT.replace('{', '{"extID":"1",')]);
  });

  it('answers all commands, on one connection at once, each to who asked', async () => {
    const { port } = await serve();
    const { ask: asked } = client(port);
    const missing = { error: 'BACKUP_RUN_NOT_FOUND', http_code: 404, description: expect.any(String) };
    const answers = await Promise.all([
      asked('GetBackupRun', { run_id: SPEC_RUN_ID }),
      asked('GetBackupRuns'),
      asked('ValidateBackupRun', { run_id: SPEC_RUN_ID }),
      asked('GetBackupRun', { run_id: '20260629-121045-000002' }),
      asked('GetBackupsList', { status: ['failed'] }),
    ]);
    expect(answers).toEqual([
      { extID: '1', ...SPEC_RUN },
      { extID: '2', rows: [SPEC_ROW] },
      { extID: '3', ...SPEC_RUN, ok: true },
      { extID: '4', ...missing },
      { extID: '5', rows: [] },
    ]);
  });

  it('does not keep a quick reply waiting behind a slow one', async () => {
    const run = makeLargeRun();
    const { port } = await serve(run.root);
    const { ask: asked, close } = client(port);
    const slow = asked('GetBackupRun', { run_id: RUN_ID });
    const isSlow = Promise.race([
      slow.then(
        () => 'slow',
        () => 'broken off',
      ),
      Promise.resolve('under way'),
    ]);
    await beingRead(run.at('trades.db'));
    expect(await asked('GetBackupRun', { run_id: 'none' })).toMatchObject({ extID: '2', http_code: 404 });
    expect(await isSlow).toBe('under way');
    close();
    await expect(slow).rejects.toThrow('the connection was closed');
  });

  it('reads messages that are split at any byte', async () => {
    const { port } = await serve(makeRun().root);
    const text = Buffer.from(`${ask('😀é')}${ask('2')}`);
    const whole = await wire(port);
    await whole.send(text);
    const expected = (await whole.replies(2)).toSorted();
    expect(expected.map((reply) => (JSON.parse(reply) as { extID: string }).extID).toSorted()).toEqual([
      '2',
      '😀é',
    ]);
    for (let at = 1; at < text.length; at += 1) {
      const { send, replies, socket } = await wire(port);
      await send(text.subarray(0, at));
      await send(text.subarray(at));
      expect((await replies(2)).toSorted(), `split at ${at}`).toEqual(expected);
      socket.destroy();
    }
  });

  it('reads messages that come byte by byte, and many in one packet', async () => {
    const { port } = await serve();
    const { send, replies } = await wire(port);
    for (const byte of Buffer.from(ask('é'))) await send(Buffer.of(byte));
    expect(await replies(1)).toEqual([SPEC_TEXT.replace('{', '{"extID":"é",')]);
    const ids = Array.from({ length: 500 }, (_, index) => String(index));
    await send(ids.map((id) => ask(id, 'none')).join(''));
    const given = (await replies(501)).slice(1).map((text) => (JSON.parse(text) as { extID: string }).extID);
    expect(given.toSorted()).toEqual(ids.toSorted());
    await send(ask('last'));
    expect((await replies(502)).at(-1)).toBe(SPEC_TEXT.replace('{', '{"extID":"last",'));
  });

  it('takes a line feed or a carriage return alone for a part of the message', async () => {
    const { port } = await serve();
    const { send, replies } = await wire(port);
    await send(ask('1').replaceAll(',', ',\n\r\r').replace('{', '{\r'));
    expect(await replies(1)).toEqual([SPEC_TEXT.replace('{', '{"extID":"1",')]);
  });

  it('answers what is no JSON, and nothing, as a message without a command', async () => {
    const { port } = await serve();
    const { send, replies } = await wire(port);
    const texts = ['', '{', 'null', '[]', '"GetBackupRun"', '\0', `{"command":"GetBackupRun","data"}`];
    await send(texts.map((text) => `${text}\r\n`).join(''));
    const unknown = { error: 'UNKNOWN_COMMAND', http_code: 404, description: expect.any(String) };
    const given = (await replies(texts.length)).map((text) => JSON.parse(text) as unknown);
    expect(given).toEqual(texts.map(() => unknown));
  });

  it('reads a message of 10 MB, and answers briefly', async () => {
    const { port } = await serve();
    const { ask: asked } = client(port);
    const long = 'é'.repeat(5_000_000);
    const beside = await asked('GetBackupRun', { run_id: SPEC_RUN_ID, more: long });
    expect(beside).toMatchObject({ extID: '1', error: 'INVALID_DATA', http_code: 400 });
    const refused = await asked('GetBackupRun', { run_id: long });
    expect(refused).toMatchObject({ extID: '2', error: 'BACKUP_RUN_NOT_FOUND', http_code: 404 });
    expect(JSON.stringify(refused).length).toBeLessThan(1_000);
    const unknown = await asked(long);
    expect(unknown).toMatchObject({ extID: '3', error: 'UNKNOWN_COMMAND', http_code: 404 });
    expect(JSON.stringify(unknown).length).toBeLessThan(1_000);
  });

  it('ends a connection whose message is longer than 16 Mi characters, ended or not, and no other', async () => {
    const { port, connections } = await serve();
    const other = client(port);
    for (const end of ['', '\r\n']) {
      const { socket } = await wire(port);
      const closed = once(socket, 'close');
      socket.write(`"${'x'.repeat(16 * 1_024 * 1_024)}"${end}`);
      await closed;
    }
    expect(await other.ask('GetBackupRuns')).toEqual({ extID: '1', rows: [SPEC_ROW] });
    await vi.waitFor(async () => expect(await connections()).toBe(1), PATIENCE);
  });

  it('gives every connection the role it logged in with', async () => {
    const roles = ['SESSION_MANAGER', 'SESSION_TRADER', undefined];
    const { port } = await serve(SPEC_ROOT, () => ({ role: roles.shift() }));
    const replies = [];
    for (let connection = 0; connection < 3; connection += 1) {
      // What a message holds gives nobody a role.
      const claimed = connection === 0 ? {} : { role: 'SESSION_ADMIN' };
      replies.push(await client(port).ask('GetBackupRun', { run_id: SPEC_RUN_ID, ...claimed }));
    }
    const denied = { extID: '1', error: 'ACCESS_DENIED', http_code: 403, description: expect.any(String) };
    expect(replies).toEqual([{ extID: '1', ...SPEC_RUN }, denied, denied]);
  });

  it.each(['closes the connection', 'resets it', 'ends its side of it'])(
    'aborts what is under way for a client that %s, and nothing else',
    async (how) => {
      const run = makeLargeRun();
      const { port, connections } = await serve(run.root);
      const ends = inspectionsEnd();
      const { send, socket } = await wire(port);
      await send(ask('1', RUN_ID) + ask('2', RUN_ID));
      await beingRead(run.at('trades.db'));
      const other = client(port);
      expect(await other.ask('GetBackupRun', { run_id: 'none' })).toHaveProperty('http_code', 404);
      if (how === 'resets it') socket.resetAndDestroy();
      else if (how === 'closes the connection') socket.destroy();
      else socket.end();
      await letGo(run.root);
      const aborted = expect.objectContaining({ name: 'AbortError' });
      await vi.waitFor(() => expect(ends).toEqual([false, aborted, aborted]), PATIENCE);
      expect(await connections()).toBe(1);
      expect(await other.ask('GetBackupRun', { run_id: 'none' })).toHaveProperty('http_code', 404);
    },
  );

  it('answers all messages of one packet, however many', async () => {
    const { port } = await serve();
    const { send, replies } = await wire(port);
    const ids = Array.from({ length: 300 }, (_, index) => String(index));
    await send(ids.map((extID) => `${JSON.stringify({ command: 'GetBackupRuns', extID })}\r\n`).join(''));
    const given = (await replies(300)).map((text) => JSON.parse(text) as { extID: string; rows: unknown });
    expect(given.map(({ extID }) => extID).toSorted()).toEqual(ids.toSorted());
    expect(given.every(({ rows }) => JSON.stringify(rows) === JSON.stringify([SPEC_ROW]))).toBe(true);
  });

  it.each(['HTTP/1.1 400 Bad Request', 'null', '{'])(
    'has a client that gives up on a server that says %s',
    async (said) => {
      const other = createServer((socket) => socket.end(`${said}\r\n`));
      await once(other.listen(0, '127.0.0.1'), 'listening');
      onTestFinished(() => void other.close());
      const { ask: asked } = client((other.address() as AddressInfo).port);
      await expect(asked('GetBackupRuns')).rejects.toThrow('the connection was closed');
    },
  );

  it('serves 200 connections at once, and gives no warning', async () => {
    const given = warnings();
    const { port, connections } = await serve();
    const clients = Array.from({ length: 200 }, () => client(port));
    const answers = clients.flatMap(({ ask: asked }) => [
      asked('GetBackupRun', { run_id: SPEC_RUN_ID }),
      asked('GetBackupRuns', { limit: 1 }),
    ]);
    const pairs = clients.flatMap(() => [
      { extID: '1', ...SPEC_RUN },
      { extID: '2', rows: [SPEC_ROW] },
    ]);
    expect(await Promise.all(answers)).toEqual(pairs);
    for (const { close } of clients) close();
    await vi.waitFor(async () => expect(await connections()).toBe(0), PATIENCE);
    expect(given).toEqual([]);
  });

  it('gives no warning for 60 lists at once on one connection', async () => {
    const given = warnings();
    const { port } = await serve();
    const { ask: asked } = client(port);
    const lists = await Promise.all(Array.from({ length: 60 }, () => asked('GetBackupRuns')));
    expect(lists).toEqual(lists.map((_, index) => ({ extID: String(index + 1), rows: [SPEC_ROW] })));
    expect(given).toEqual([]);
  });
});
