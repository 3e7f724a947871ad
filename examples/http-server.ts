import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createCommandHandler, type CommandSession, type Inspector } from 'backup-run-inspector';

/** Creates a server of `GET /GetBackupRun?run_id=…` and `GET /ValidateBackupRun?run_id=…`. */
export function createHttpServer(
  inspector: Inspector,
  logIn: (request: IncomingMessage) => CommandSession,
): Server {
  const handle = createCommandHandler(inspector, { timeBudgetMs: 25_000 });
  return createServer((request, response) => {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const [path = '', query] = (request.url ?? '').split('?');
    const data = Object.fromEntries(new URLSearchParams(query));
    handle({ command: path.slice(1), data }, logIn(request), { signal: gone.signal })
      .then((reply) => {
        response.statusCode = 'http_code' in reply ? reply.http_code : 200;
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(reply));
      })
      // The client is gone, the inspector was closed, or the reply is longer than a string may be.
      .catch(() => response.destroy());
  });
}
