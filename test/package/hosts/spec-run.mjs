// What a host is asked: the spec's run with threads and without, a run that is not there, and why threads could not be had.

import { subscribe } from 'node:diagnostics_channel';
import { createInspector } from 'backup-run-inspector';
import { json, sqlite } from 'backup-run-inspector/validators';

const [root, run_id] = process.argv.slice(-2);
const fallbacks = [];
subscribe('backup-run-inspector:fallback', ({ reason }) => void fallbacks.push(String(reason)));

async function ask(threads) {
  const inspector = createInspector({ root, threads });
  const answers = [
    await inspector.getBackupRun({ run_id }),
    await inspector.getBackupRun({ run_id: 'another' }),
  ];
  await inspector.close();
  return answers;
}

async function main() {
  const asked = [...(await ask(2)), ...(await ask(0))];
  const inspector = createInspector({ root, validators: [sqlite(), json({ names: /db$/ })] });
  const { findings } = await inspector.getBackupRun({ run_id });
  await inspector.close();
  process.stdout.write(JSON.stringify({ asked, fallbacks, content: findings.map(({ actual }) => actual) }));
}

void main();
