// Prints what the library says about the run of the specification's own example.
import { fileURLToPath } from 'node:url';
import { getBackupRun } from 'backup-run-inspector';

const root = fileURLToPath(new URL('../fixtures/intact/spec-example/backups', import.meta.url));
const answer = await getBackupRun({ run_id: '20260629-121045-000001' }, { root });

if (answer.ok) {
  console.log(JSON.stringify(answer.run, null, 2));
} else {
  console.error(JSON.stringify(answer.error, null, 2));
  process.exitCode = 1;
}
