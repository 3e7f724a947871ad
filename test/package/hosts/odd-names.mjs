// What is said of names that are no UTF-8: `odd-names.mjs <root> <run id>`.

import { createInspector } from 'backup-run-inspector';

const [root, run_id] = process.argv.slice(-2);
const inspector = createInspector({ root });
const answer = await inspector.getBackupRun({ run_id });
const rows = [];
for await (const row of inspector.listRunIds()) rows.push(row);
await inspector.close();
process.stdout.write(JSON.stringify({ answer, rows }));
