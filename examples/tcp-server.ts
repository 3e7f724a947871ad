import { createServer, type Server, type Socket } from 'node:net';
import { createCommandHandler, type CommandSession, type Inspector } from 'backup-run-inspector';
import { readMessages } from './messages.ts';

const MOST_IN_FLIGHT = 64;

/** Creates a server of JSON messages, each ended by CRLF. Replies are sent when they are ready, in any order. */
export function createTcpServer(inspector: Inspector, logIn: (socket: Socket) => CommandSession): Server {
  const handle = createCommandHandler(inspector, { timeBudgetMs: 25_000 });
  return createServer((socket) => {
    const session = logIn(socket);
    const gone = new AbortController();
    const waiting: string[] = [];
    let inFlight = 0;

    async function answer(message: string): Promise<void> {
      try {
        const reply = await handle(parse(message), session, { signal: gone.signal });
        await new Promise((sent) => socket.write(`${JSON.stringify(reply)}\r\n`, sent));
      } catch {
        // The client is gone, or the inspector was closed: nobody can be told.
        socket.destroy();
      }
      inFlight -= 1;
      work();
    }

    /** A client that asks more, or does not take its replies, has to wait. */
    function work(): void {
      while (inFlight < MOST_IN_FLIGHT && waiting.length > 0) {
        inFlight += 1;
        void answer(waiting.shift() ?? '');
      }
      if (waiting.length > 0) socket.pause();
      else socket.resume();
    }

    const read = readMessages((message) => waiting.push(message));
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      try {
        read(text);
        work();
      } catch {
        socket.destroy();
      }
    });
    socket.on('close', () => {
      gone.abort();
      waiting.length = 0;
    });
    socket.on('error', () => socket.destroy());
  });
}

/** What is no JSON is handled like any other message that holds no command. */
function parse(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}
