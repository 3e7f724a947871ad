/** Serves a backups directory over HTTP until it is told to stop. `npm run example:http -- /srv/backups 8080` */

import { createInspector } from 'backup-run-inspector';
import { createHttpServer } from './http-server.ts';

const [root = './backups', port = '8080'] = process.argv.slice(2);
const inspector = createInspector({ root });
// Your own log-in belongs here. This one lets in whoever reaches the loopback address.
const server = createHttpServer(inspector, () => ({ role: 'SESSION_MANAGER' }));

server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  console.log(`http://127.0.0.1:${bound}/GetBackupRuns`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close();
    // Aborts what is under way: their connections are closed without a reply.
    void inspector.close().then(() => server.closeAllConnections());
  });
}
