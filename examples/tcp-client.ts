import { connect } from 'node:net';
import type { Reply } from 'backup-run-inspector';
import { readMessages } from './messages.ts';

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (reason: Error) => void;
}

/** Connects to a server of commands. As many as you like may be asked at once: replies are matched by `extID`. */
export function createTcpClient(port: number, host = '127.0.0.1') {
  const socket = connect(port, host);
  const waiting = new Map<string, Waiting>();
  let asked = 0;

  const read = readMessages((message) => {
    const reply: Reply = JSON.parse(message);
    const extID = String(reply.extID);
    waiting.get(extID)?.resolve(reply);
    waiting.delete(extID);
  }, Infinity);
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    try {
      read(text);
    } catch {
      // It does not speak as agreed.
      socket.destroy();
    }
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the connection was closed'));
    waiting.clear();
  });

  /** Asks a command; rejects when the connection is closed before the reply. */
  function ask(command: string, data?: object): Promise<Reply> {
    asked += 1;
    const extID = String(asked);
    return new Promise((resolve, reject) => {
      if (socket.closed) return reject(new Error('the connection is closed'));
      socket.write(`${JSON.stringify({ command, extID, data })}\r\n`);
      waiting.set(extID, { resolve, reject });
    });
  }

  return { ask, close: () => socket.destroy() };
}
