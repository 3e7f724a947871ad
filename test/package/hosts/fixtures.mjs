// Answers every fixture, and prints which answers are not as their folders expect: `fixtures.mjs <fixtures> <threads>`.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getBackupRun } from 'backup-run-inspector';

const [fixtures, threads] = process.argv.slice(-2);
const KINDS = ['intact', 'damaged', 'refused'];
const waiting = KINDS.flatMap((kind) =>
  readdirSync(join(fixtures, kind)).map((aspect) => join(kind, aspect)),
);
const total = waiting.length;
const failed = [];

async function lane() {
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const folder = join(fixtures, name);
    const { request, options, answer } = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
    const given = { root: join(folder, 'backups'), threads: Number(threads), ...options };
    const actual = JSON.stringify(await getBackupRun(request, given).catch(String));
    if (actual !== JSON.stringify(answer)) failed.push(`${name}: ${actual}`);
  }
}

await Promise.all(Array.from({ length: 4 }, lane));
process.stdout.write(JSON.stringify({ total, failed }));
