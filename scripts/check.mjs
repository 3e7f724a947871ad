// Runs every check but the complete tests, one after the other, and tells which failed; the exit code is their number.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** Scripts of package.json. What is cheap and what others need comes first. */
const CHECKS = [
  'lint',
  'types',
  'unused',
  'modules',
  'build',
  'package',
  'api:check',
  'size',
  'docs:check',
  'coverage',
];

/** Characters of what a failed check prints: the reasons come last. */
const LAST_WORDS = 10_000;

const failed = [];
for (const name of CHECKS) {
  const since = performance.now();
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', name], {
    cwd: PROJECT,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const seconds = ((performance.now() - since) / 1_000).toFixed(1);
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (status === 0) continue;
  failed.push(name);
  console.log(`npm run ${name}\n${(stdout + stderr).slice(-LAST_WORDS)}`);
}
console.log(failed.length === 0 ? 'every check is good' : `FAILED: ${failed.join('; ')}`);
process.exitCode = failed.length;
