/** Serves a backups directory over TCP until it is told to stop. `npm run example:tcp -- /srv/backups 8081` */

import { createInspector } from 'backup-run-inspector';
import { createTcpServer } from './tcp-server.ts';

const [root = './backups', port = '8081'] = process.argv.slice(2);
const inspector = createInspector({ root });
const open = new Set<{ destroy(): void }>();
// Your own log-in belongs here. This one lets in whoever reaches the loopback address.
const server = createTcpServer(inspector, (socket) => {
  open.add(socket);
  socket.on('close', () => open.delete(socket));
  return { role: 'SESSION_MANAGER' };
});

server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address();
  console.log(`127.0.0.1 ${typeof address === 'object' && address !== null ? address.port : port}`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close();
    void inspector.close().then(() => open.forEach((socket) => socket.destroy()));
  });
}
