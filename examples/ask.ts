/** Asks a TCP server one command and prints the reply. `npm run example:ask -- 8081 GetBackupRun '{"run_id":"…"}'` */

import { createTcpClient } from './tcp-client.ts';

const [port = '8081', command = 'GetBackupRuns', data = '{}'] = process.argv.slice(2);
const client = createTcpClient(Number(port));
try {
  const asked: object = JSON.parse(data);
  const reply = await client.ask(command, asked);
  console.log(JSON.stringify(reply, null, 2));
  if ('error' in reply) process.exitCode = 1;
} finally {
  client.close();
}
